#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

/// Which lines differ between two texts, and the unified form of it.
namespace troupe::tool_runner {

/// Old lines [old_start, old_start + old_count) became new lines [new_start, new_start +
/// new_count).
struct line_change {
  std::size_t old_start = 0;
  std::size_t old_count = 0;
  std::size_t new_start = 0;
  std::size_t new_count = 0;
  bool operator==(const line_change&) const = default;
};

/// Steps the search for a shortest difference may take, a fraction of a second of CPU; what lies
/// between the differences found until then counts as replaced.
inline constexpr std::size_t max_diff_steps = 20'000'000;

/// The changes in order, not touching each other. Lines end behind LF; a last line without LF
/// differs from the same line with it. Shortest, unless the texts differ so much that `max_steps`
/// is used up.
std::vector<line_change> line_changes(std::string_view old_text, std::string_view new_text,
                                      std::size_t max_steps = max_diff_steps);

/// The hunks of a unified diff, without file headers; empty for equal texts. A hunk has up to
/// `context` unchanged lines around its changes.
std::string unified_hunks(std::string_view old_text, std::string_view new_text,
                          std::size_t context);

} // namespace troupe::tool_runner
