#pragma once

#include <algorithm>
#include <string>

namespace troupe::log {

/// `text` with a space for each control character: what is told as one line stays one.
inline std::string one_line(std::string text) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
  std::replace_if(text.begin(), text.end(), is_control, ' ');
  return text;
}

} // namespace troupe::log
