#pragma once

#include "actors/tool_runner/path_view.hpp"

#include <string>
#include <vector>

namespace troupe::tool_runner {

/// The folders that a `.git` file stands for: the one it names (text behind the first colon,
/// relative to its own folder) and, for a worktree, the common one with hooks and configuration.
/// Those that exist and look like a repository's, without symbolic links: what an agent writes into
/// such a file must not make any folder read-only.
std::vector<std::string> git_folders(const std::string& git_file, const path_view& files);

} // namespace troupe::tool_runner
