#pragma once

#include <cstddef>
#include <string>
#include <string_view>

/// Text of models, tools and users on its way to a terminal.
namespace troupe::common {

/// Without what could control a terminal: control characters other than newline and tabulator
/// become U+FFFD.
std::string printable(std::string_view text);

/// On one line: runs of white space become a blank, other control characters U+FFFD.
std::string one_line(std::string_view text);

/// Characters (code points) of UTF-8 text.
std::size_t count_characters(std::string_view text);

/// At most `limit` characters: of a longer text the beginning, or the end, and an ellipsis.
std::string shortened(std::string_view text, std::size_t limit);
std::string shortened_front(std::string_view text, std::size_t limit);

} // namespace troupe::common
