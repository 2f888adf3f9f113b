#include "config/text_decoding.hpp"

#include "net/wire/utf8_check.hpp"

#include <cstdint>
#include <fmt/format.h>

namespace troupe::config {

namespace {

using namespace std::string_view_literals;

constexpr auto utf8_mark = "\xEF\xBB\xBF"sv;
constexpr auto utf16_little_mark = "\xFF\xFE"sv;
constexpr auto utf16_big_mark = "\xFE\xFF"sv;
constexpr auto utf32_little_mark = "\xFF\xFE\x00\x00"sv;
constexpr auto utf32_big_mark = "\x00\x00\xFE\xFF"sv;

enum class byte_order : std::uint8_t { little, big };

decoding_problem refuse(std::string_view what) {
  return {.message = fmt::format("{}. Convert it to UTF-8 and retry.", what)};
}

std::uint32_t unit_at(std::string_view bytes, std::size_t index, byte_order order) {
  const auto first = static_cast<std::uint8_t>(bytes[2 * index]);
  const auto second = static_cast<std::uint8_t>(bytes[2 * index + 1]);
  const auto low = order == byte_order::little ? first : second;
  const auto high = order == byte_order::little ? second : first;
  return static_cast<std::uint32_t>(high << 8 | low);
}

bool is_high_surrogate(std::uint32_t unit) {
  return unit >= 0xD800 && unit < 0xDC00;
}

bool is_low_surrogate(std::uint32_t unit) {
  return unit >= 0xDC00 && unit < 0xE000;
}

std::variant<std::string, decoding_problem> decode_utf16(std::string_view bytes, byte_order order) {
  const auto refusal = refuse(fmt::format("input looks like UTF-16{} but is not valid",
                                          order == byte_order::little ? "LE" : "BE"));
  if (bytes.size() % 2 != 0)
    return refusal;
  std::string out;
  out.reserve(bytes.size());
  for (std::size_t i = 0, count = bytes.size() / 2; i < count; ++i) {
    auto code_point = unit_at(bytes, i, order);
    if (is_low_surrogate(code_point))
      return refusal;
    if (is_high_surrogate(code_point)) {
      if (++i == count || !is_low_surrogate(unit_at(bytes, i, order)))
        return refusal;
      code_point = 0x10000 + ((code_point - 0xD800) << 10) + (unit_at(bytes, i, order) - 0xDC00);
    }
    net::append_utf8(code_point, out);
  }
  return out;
}

std::variant<std::string, decoding_problem> decode_utf8(std::string_view bytes) {
  net::utf8_check check;
  auto valid = check.accept(bytes);
  if (!check.failed() && !check.is_inside_sequence())
    return std::string{bytes};
  if (!check.failed()) // the text ends inside a character: name the byte that begins it
    while (--valid > 0 && (static_cast<std::uint8_t>(bytes[valid]) & 0xC0) == 0x80)
      ;
  auto refusal = refuse(fmt::format("input is not valid UTF-8 (invalid byte at offset {})", valid));
  refusal.offset = valid;
  return refusal;
}

} // namespace

std::variant<std::string, decoding_problem> decode_text(std::string_view bytes) {
  // UTF-32LE begins like UTF-16LE, so it is looked for first.
  if (bytes.starts_with(utf32_little_mark))
    return refuse("input appears to be UTF-32LE");
  if (bytes.starts_with(utf32_big_mark))
    return refuse("input appears to be UTF-32BE");
  if (bytes.starts_with(utf16_little_mark))
    return decode_utf16(bytes.substr(utf16_little_mark.size()), byte_order::little);
  if (bytes.starts_with(utf16_big_mark))
    return decode_utf16(bytes.substr(utf16_big_mark.size()), byte_order::big);
  if (!bytes.starts_with(utf8_mark))
    return decode_utf8(bytes);
  return decode_utf8(bytes.substr(utf8_mark.size()));
}

} // namespace troupe::config
