#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// The text form of a patch: what the model writes, as values. Contract tools.md 5.2 and 5.3.
namespace troupe::tool_runner {

/// One place of an updated file: lines expected there and the lines that take their place. Context
/// lines are in both lists.
struct patch_chunk {
  std::optional<std::string> context; ///< a line to find first, from `@@ LINE`
  std::vector<std::string> old_lines;
  std::vector<std::string> new_lines;
  bool at_end_of_file = false;
  bool operator==(const patch_chunk&) const = default;
};

struct add_file {
  std::string path;    ///< as written
  std::string content; ///< every line ends with LF
  bool operator==(const add_file&) const = default;
};

struct delete_file {
  std::string path;
  bool operator==(const delete_file&) const = default;
};

struct update_file {
  std::string path;
  std::optional<std::string> move_to;
  std::vector<patch_chunk> chunks; ///< at least one
  bool operator==(const update_file&) const = default;
};

using patch_hunk = std::variant<add_file, delete_file, update_file>;

struct patch {
  std::vector<patch_hunk> hunks; ///< in the order written; may be empty
  bool operator==(const patch&) const = default;
};

/// Why a text is no patch. Without a line the frame is wrong, with one a hunk is.
struct patch_syntax_error {
  std::optional<std::size_t> line; ///< counts from 1 at the begin marker
  std::string message;
  bool operator==(const patch_syntax_error&) const = default;
};

/// `invalid patch: …` or `invalid hunk at line N, …`, for the tool's output.
std::string to_string(const patch_syntax_error& x);

using parsed_patch = std::variant<patch, patch_syntax_error>;

/// Reads a patch, also one that is wrapped in a here-document. Accepts more than the grammar of the
/// tool definition: empty added files, blank lines between chunks, indented hunk headers, a first
/// chunk without `@@`, CR LF line ends.
parsed_patch parse_patch(std::string_view text);

/// The Lark grammar of the freeform tool's definition, start symbol `start`.
std::string_view patch_grammar();

} // namespace troupe::tool_runner
