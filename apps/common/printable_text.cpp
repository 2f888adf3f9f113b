#include "apps/common/printable_text.hpp"

#include <algorithm>

namespace troupe::common {

namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";
constexpr std::string_view ellipsis = "\xE2\x80\xA6";

bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

bool is_ascii_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

/// U+0080 to U+009F, in UTF-8 C2 80 to C2 9F: terminals take them as escape sequences, too.
bool is_c1_control(std::string_view text, std::size_t i) {
  return text[i] == '\xC2' && i + 1 < text.size() && is_continuation(text[i + 1]) &&
         static_cast<unsigned char>(text[i + 1]) < 0xA0;
}

template <class KeepControl>
std::string without_controls(std::string_view text, KeepControl keep) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_c1_control(text, i)) {
      out += replacement;
      ++i;
    } else if (is_ascii_control(text[i]) && !keep(text[i])) {
      out += replacement;
    } else {
      out += text[i];
    }
  }
  return out;
}

/// Bytes of the first `count` characters.
std::size_t prefix_bytes(std::string_view text, std::size_t count) {
  std::size_t i = 0;
  for (; count > 0 && i < text.size(); --count) {
    ++i;
    while (i < text.size() && is_continuation(text[i]))
      ++i;
  }
  return i;
}

} // namespace

std::string printable(std::string_view text) {
  return without_controls(text, [](char c) { return c == '\n' || c == '\t'; });
}

std::string one_line(std::string_view text) {
  constexpr std::string_view space = " \t\r\n";
  std::string line;
  while (!text.empty()) {
    const auto start = std::min(text.find_first_not_of(space), text.size());
    text.remove_prefix(start);
    const auto word = text.substr(0, text.find_first_of(space));
    if (!word.empty() && !line.empty())
      line += ' ';
    line += word;
    text.remove_prefix(word.size());
  }
  return without_controls(line, [](char) { return false; });
}

std::size_t count_characters(std::string_view text) {
  return static_cast<std::size_t>(
    std::count_if(text.begin(), text.end(), [](char c) { return !is_continuation(c); }));
}

std::string shortened(std::string_view text, std::size_t limit) {
  if (count_characters(text) <= limit)
    return std::string{text};
  if (limit == 0)
    return {};
  return std::string{text.substr(0, prefix_bytes(text, limit - 1))} + std::string{ellipsis};
}

std::string shortened_front(std::string_view text, std::size_t limit) {
  const auto count = count_characters(text);
  if (count <= limit)
    return std::string{text};
  if (limit == 0)
    return {};
  return std::string{ellipsis} + std::string{text.substr(prefix_bytes(text, count - (limit - 1)))};
}

} // namespace troupe::common
