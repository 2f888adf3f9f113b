#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace troupe::net {

/// Without the blanks of headers and settings at both ends: spaces, tabs, line ends.
inline std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos)
    return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

/// ASCII letters only, whatever the locale.
inline std::string lower_case(std::string_view text) {
  std::string result{text};
  std::ranges::transform(result, result.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  return result;
}

} // namespace troupe::net
