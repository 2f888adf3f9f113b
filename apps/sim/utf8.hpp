#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace troupe::sim {

/// One code point and the bytes it took.
struct code_point {
  char32_t value = 0;
  std::size_t bytes = 0;
};

/// What a byte that is no UTF-8 decodes to, plus the byte: outside of Unicode, so it equals
/// nothing.
inline constexpr char32_t first_bad_byte = 0x110000;

/// Decodes at `at`, which must be inside `text`. A byte that starts no valid sequence is taken
/// alone and yields `first_bad_byte + byte`.
code_point decode_utf8(std::string_view text, std::size_t at);

/// Surrogates and values above U+10FFFF are written as U+FFFD.
void append_utf8(std::string& out, char32_t value);

/// Appends `text` with every byte that is not part of valid UTF-8 replaced by U+FFFD.
void append_valid_utf8(std::string& out, std::string_view text);

/// At most `max_bytes` of the front, cut between code points.
std::string_view utf8_prefix(std::string_view text, std::size_t max_bytes);

} // namespace troupe::sim
