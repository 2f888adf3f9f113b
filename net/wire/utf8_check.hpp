#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace troupe::net {

/// Checks UTF-8 that arrives in chunks; sequences may be split between them. Refuses overlong
/// forms, surrogates and code points above U+10FFFF, as Unicode's table 3-7 has it.
class utf8_check {
public:
  /// Returns how many leading bytes of `chunk` may be used: all of them, or those before the first
  /// sequence that is invalid. An unfinished sequence at the end counts as usable. After a failure
  /// always 0.
  std::size_t accept(std::string_view chunk);

  bool failed() const { return failed_; }
  bool is_inside_sequence() const { return missing_ != 0; }

private:
  bool step(std::uint8_t byte);

  std::uint8_t missing_ = 0; // continuation bytes still to come
  std::uint8_t low_ = 0x80;  // range of the next one
  std::uint8_t high_ = 0xBF;
  bool failed_ = false;
};

/// Appends the code point, which is one, as UTF-8.
void append_utf8(std::uint32_t code_point, std::string& out);

} // namespace troupe::net
