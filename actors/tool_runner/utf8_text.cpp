#include "actors/tool_runner/utf8_text.hpp"

namespace troupe::tool_runner {

namespace {

constexpr std::string_view replacement_character = "\xEF\xBF\xBD";

std::uint8_t byte_at(std::string_view text, std::size_t i) {
  return static_cast<std::uint8_t>(text[i]);
}

constexpr bool is_continuation(std::uint8_t x) {
  return (x & 0xC0u) == 0x80u;
}

/// Length that a lead byte announces; 0 for a byte that cannot begin a character.
constexpr std::size_t announced_size(std::uint8_t lead) {
  if (lead < 0x80)
    return 1;
  if (lead >= 0xC2 && lead < 0xE0)
    return 2;
  if (lead >= 0xE0 && lead < 0xF0)
    return 3;
  if (lead >= 0xF0 && lead < 0xF5)
    return 4;
  return 0;
}

constexpr bool is_scalar(std::uint32_t code_point, std::size_t size) {
  if (code_point >= 0xD800 && code_point < 0xE000)
    return false;
  constexpr std::uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
  return code_point >= smallest[size] && code_point <= 0x10FFFF;
}

} // namespace

utf8_character first_character(std::string_view text) {
  const auto lead = byte_at(text, 0);
  const auto size = announced_size(lead);
  if (size == 1)
    return {.code_point = lead, .size = 1, .valid = true};
  if (size == 0 || size > text.size())
    return {};
  auto code_point = std::uint32_t{lead} & (0xFFu >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    const auto next = byte_at(text, i);
    if (!is_continuation(next))
      return {};
    code_point = code_point << 6 | (next & 0x3Fu);
  }
  if (!is_scalar(code_point, size))
    return {};
  return {.code_point = code_point, .size = size, .valid = true};
}

bool is_valid_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto next = first_character(text);
    if (!next.valid)
      return false;
    text.remove_prefix(next.size);
  }
  return true;
}

std::size_t boundary_before(std::string_view text, std::size_t position) {
  if (position >= text.size())
    return text.size();
  while (position > 0 && is_continuation(byte_at(text, position)))
    --position;
  return position;
}

std::size_t boundary_after(std::string_view text, std::size_t position) {
  while (position < text.size() && is_continuation(byte_at(text, position)))
    ++position;
  return position < text.size() ? position : text.size();
}

std::size_t count_characters(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < text.size(); ++i)
    count += is_continuation(byte_at(text, i)) ? 0 : 1;
  return count;
}

std::string replace_invalid_utf8(std::string_view bytes) {
  std::string result;
  result.reserve(bytes.size());
  while (!bytes.empty()) {
    const auto next = first_character(bytes);
    result += next.valid ? bytes.substr(0, next.size) : replacement_character;
    bytes.remove_prefix(next.size);
  }
  return result;
}

bool is_white_space(std::uint32_t x) {
  return (x >= 0x09 && x <= 0x0D) || x == 0x20 || x == 0x85 || x == 0xA0 || x == 0x1680 ||
         (x >= 0x2000 && x <= 0x200A) || x == 0x2028 || x == 0x2029 || x == 0x202F || x == 0x205F ||
         x == 0x3000;
}

std::string_view trim_end(std::string_view text) {
  while (!text.empty()) {
    const auto start = boundary_before(text, text.size() - 1);
    const auto last = first_character(text.substr(start));
    if (!last.valid || start + last.size != text.size() || !is_white_space(last.code_point))
      break;
    text = text.substr(0, start);
  }
  return text;
}

std::string_view trim(std::string_view text) {
  while (!text.empty()) {
    const auto first = first_character(text);
    if (!first.valid || !is_white_space(first.code_point))
      break;
    text.remove_prefix(first.size);
  }
  return trim_end(text);
}

} // namespace troupe::tool_runner
