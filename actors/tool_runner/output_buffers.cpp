#include "actors/tool_runner/output_buffers.hpp"

#include "actors/tool_runner/utf8_text.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace troupe::tool_runner {

namespace {

/// Characters of bytes 0x80 to 0x9F; the five that are not defined stay control characters.
constexpr std::array<std::uint32_t, 32> windows_1252{
  0x20AC, 0x0081, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
  0x2039, 0x0152, 0x008D, 0x017D, 0x008F, 0x0090, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
  0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x009D, 0x017E, 0x0178};

std::string from_windows_1252(std::string_view bytes) {
  std::string result;
  result.reserve(bytes.size() * 2);
  for (const auto c : bytes) {
    const std::uint32_t byte = static_cast<std::uint8_t>(c);
    append_utf8(byte >= 0x80 && byte < 0xA0 ? windows_1252[byte - 0x80] : byte, result);
  }
  return result;
}

enum class byte_order : std::uint8_t { little, big };

std::string from_utf16(std::string_view bytes, byte_order order) {
  const auto unit = [&](std::size_t i) -> std::uint32_t {
    const auto first = static_cast<std::uint8_t>(bytes[i]);
    const auto second = static_cast<std::uint8_t>(bytes[i + 1]);
    return order == byte_order::little ? second * 256u + first : first * 256u + second;
  };
  std::string result;
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
    auto code_point = unit(i);
    if (code_point >= 0xD800 && code_point < 0xDC00 && i + 3 < bytes.size() &&
        unit(i + 2) >= 0xDC00 && unit(i + 2) < 0xE000) {
      code_point = 0x10000 + ((code_point - 0xD800) << 10) + (unit(i + 2) - 0xDC00);
      i += 2;
    } else if (code_point >= 0xD800 && code_point < 0xE000) {
      code_point = 0xFFFD;
    }
    append_utf8(code_point, result);
  }
  return result;
}

/// Text in another encoding hardly ever has valid sequences beyond ASCII; UTF-8 text that was cut
/// or has a few stray bytes mostly has.
bool speaks_for_utf8(std::string_view bytes) {
  std::size_t valid = 0;
  std::size_t invalid = 0;
  while (!bytes.empty()) {
    const auto next = first_character(bytes);
    if (!next.valid && bytes.size() < 4 && static_cast<std::uint8_t>(bytes[0]) >= 0xC2)
      break; // the end is cut inside a character
    valid += next.valid && next.size > 1 ? 1 : 0;
    invalid += next.valid ? 0 : 1;
    bytes.remove_prefix(next.size);
  }
  return valid >= invalid;
}

} // namespace

void first_bytes_buffer::append(std::string_view bytes) {
  bytes_.append(bytes.substr(0, max_bytes_ - bytes_.size()));
}

void head_tail_buffer::append(std::string_view bytes) {
  const auto to_head = std::min(bytes.size(), max_head_ - head_.size());
  head_.append(bytes.substr(0, to_head));
  append_to_tail(bytes.substr(to_head));
}

void head_tail_buffer::append_to_tail(std::string_view bytes) {
  if (bytes.size() > max_tail_) {
    dropped_ += bytes.size() - max_tail_;
    bytes.remove_prefix(bytes.size() - max_tail_);
  }
  const auto to_room = std::min(bytes.size(), max_tail_ - tail_.size());
  tail_.append(bytes.substr(0, to_room));
  bytes.remove_prefix(to_room);
  dropped_ += bytes.size();
  while (!bytes.empty()) {
    const auto count = std::min(bytes.size(), max_tail_ - oldest_);
    bytes.copy(tail_.data() + oldest_, count);
    oldest_ = (oldest_ + count) % max_tail_;
    bytes.remove_prefix(count);
  }
}

std::string head_tail_buffer::bytes() const {
  const std::string_view ring{tail_};
  auto result = head_;
  result.append(ring.substr(oldest_)).append(ring.substr(0, oldest_));
  return result;
}

std::string head_tail_buffer::take() {
  auto result = bytes();
  head_ = {};
  tail_ = {};
  oldest_ = 0;
  dropped_ = 0;
  return result;
}

std::string aggregated_output(std::string_view standard_output, std::string_view standard_error,
                              std::size_t max_bytes) {
  const auto wanted_output = std::min(standard_output.size(), max_bytes / 3);
  const auto error_size = std::min(standard_error.size(), max_bytes - wanted_output);
  const auto output_size = std::min(standard_output.size(), max_bytes - error_size);
  std::string result{standard_output.substr(0, output_size)};
  result.append(standard_error.substr(0, error_size));
  return result;
}

std::string decoded_output(std::string_view bytes) {
  if (is_valid_utf8(bytes))
    return std::string{bytes};
  if (bytes.starts_with("\xFF\xFE"))
    return from_utf16(bytes.substr(2), byte_order::little);
  if (bytes.starts_with("\xFE\xFF"))
    return from_utf16(bytes.substr(2), byte_order::big);
  return speaks_for_utf8(bytes) ? replace_invalid_utf8(bytes) : from_windows_1252(bytes);
}

} // namespace troupe::tool_runner
