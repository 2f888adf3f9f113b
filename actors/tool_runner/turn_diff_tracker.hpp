#pragma once

#include "actors/tool_runner/file_view.hpp"
#include "messages/event.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace troupe::tool_runner {

/// Unchanged lines around a change in `turn_diff`.
inline constexpr std::size_t turn_diff_context = 3;

/// Remembers what files were when a turn's patches first touched them and compares them with what
/// they are now. One per turn. Contract tools.md 5.5, step 8.
class turn_diff_tracker {
public:
  /// Old contents kept per turn; files beyond it are left out of the diff.
  static constexpr std::size_t max_tracked_bytes = 32 * 1024 * 1024;

  /// Before a patch is applied.
  void note(const file_changes& changes, const file_view& files);

  /// Diff in git's format over all files noted; empty when nothing differs. Paths are shown
  /// relative to `root` (the repository's, else the turn's folder); paths elsewhere as absolute
  /// ones without their first slash.
  std::string diff(const file_view& files, std::string_view root) const;

private:
  using state = std::optional<file_snapshot>; ///< none: no such file

  void note_file(const std::string& path, const file_view& files);
  bool was_moved(const std::string& from, const std::string& to, const file_view& files) const;

  std::map<std::string, state> first_states_;
  std::map<std::string, std::string> moves_; ///< old path to newest path
  std::size_t tracked_bytes_ = 0;
};

/// Git's name for a file's content: 40 hexadecimal digits.
std::string git_blob_id(std::string_view content);

/// The nearest folder from `folder` upwards that holds `.git`, else `folder`. Asks the disk.
std::string repository_root(const std::string& folder);

} // namespace troupe::tool_runner
