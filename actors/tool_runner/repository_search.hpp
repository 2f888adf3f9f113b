#pragma once

#include <cstddef>
#include <string>
#include <vector>

/// Repositories and settings of agents below a writable root. Blocks.
namespace troupe::tool_runner {

struct found_repositories {
  /// `.git` folders and files, what they name or link to, bare repositories; then `.codex` and
  /// `.agents` folders; not those that only keep a name missing (sandbox_placeholders.hpp).
  std::vector<std::string> paths;
  bool is_complete = true; ///< false: a bound was reached, or a folder cannot be read
  bool operator==(const found_repositories&) const = default;
};

struct search_bounds {
  std::size_t max_depth = 6; ///< folders below the root
  std::size_t max_folders = 3000;
  std::size_t max_repositories = 64; ///< each is a mount for every command
  std::size_t max_settings = 64;     ///< likewise
};

/// Looks through the folders below `root` (which itself is not meant), nearest first; follows no
/// links and does not look into repositories' own folders. Paths are without symbolic links.
found_repositories find_repositories(const std::string& root, const search_bounds& bounds = {});

} // namespace troupe::tool_runner
