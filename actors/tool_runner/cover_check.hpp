#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Looks from outside whether bubblewrap, which knows covers by name, has put them where they were
/// planned: whoever writes the same folders can rename them at that moment. Linux only.
namespace troupe::tool_runner {

/// A mount in a sandbox, as it must be before the command begins.
struct expected_mount {
  std::string path;         ///< absolute
  std::uint64_t device = 0; ///< of the folder that it lies in, as was planned
  std::uint64_t inode = 0;
  bool is_writable = false;
  bool operator==(const expected_mount&) const = default;
};

/// How this program is called to run bubblewrap with a check.
inline constexpr std::string_view cover_check_argument = "--troupe-run-with-cover-check";

/// What comes before the call of bubblewrap. `program`: this one.
std::vector<std::string> cover_check_words(const std::string& program,
                                           std::span<const expected_mount> mounts);

/// Becomes the command, a call of bubblewrap. A child of ours holds what is to run in the sandbox
/// until all mounts are in their places, and kills it when they are not within some seconds; when
/// that child dies itself, its own parent, which does nothing else, ends everything.
/// `words` come after the argument. Returns an exit code when that fails, after a line on standard
/// error.
int run_with_cover_check(std::span<const std::string> words);

/// Is it so for a process whose `/` is opened at `root`?
bool is_mounted(int root, const expected_mount& mount);

} // namespace troupe::tool_runner
