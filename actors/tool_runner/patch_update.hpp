#pragma once

#include "actors/tool_runner/patch_parser.hpp"

#include <string>
#include <string_view>
#include <variant>

/// What an update makes of a file's text. Contract tools.md 5.4.
namespace troupe::tool_runner {

/// Why the chunks do not fit the file; for the model, names the file and the lines.
struct update_mismatch {
  std::string message;
  bool operator==(const update_mismatch&) const = default;
};

/// The text that `hunk` makes of `old_text`, which need not end with LF; the result does, unless it
/// is empty. `shown_path` is the file's name in messages. Chunks are found one behind the other.
std::variant<std::string, update_mismatch>
updated_text(std::string_view old_text, const update_file& hunk, std::string_view shown_path);

/// The lines of `text` without their LF; a final LF begins no further line.
std::vector<std::string_view> text_lines(std::string_view text);

} // namespace troupe::tool_runner
