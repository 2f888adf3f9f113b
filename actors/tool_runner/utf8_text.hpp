#pragma once

#include "net/wire/utf8_check.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

/// UTF-8 as the tools need it: boundaries for cutting, characters for counting, Unicode white space
/// for the tolerant matching of patches.
namespace troupe::tool_runner {

/// One character, or one undecodable byte with `valid` false.
struct utf8_character {
  std::uint32_t code_point = 0;
  std::size_t size = 1; ///< bytes it takes, at least 1
  bool valid = false;
};

/// The character at the start of `text`, which must not be empty. Rejects overlong forms,
/// surrogates and values beyond U+10FFFF.
utf8_character first_character(std::string_view text);

bool is_valid_utf8(std::string_view text);

/// The largest boundary not behind `position`.
std::size_t boundary_before(std::string_view text, std::size_t position);

/// The smallest boundary not before `position`.
std::size_t boundary_after(std::string_view text, std::size_t position);

/// Characters of valid UTF-8 text.
std::size_t count_characters(std::string_view text);

using net::append_utf8;

/// `bytes` with every undecodable sequence replaced by U+FFFD.
std::string replace_invalid_utf8(std::string_view bytes);

/// The Unicode property White_Space.
bool is_white_space(std::uint32_t code_point);

std::string_view trim_end(std::string_view text);
std::string_view trim(std::string_view text);

} // namespace troupe::tool_runner
