#pragma once

#include <filesystem>
#include <string_view>

/// The Git check of `exec` (contract exec-and-sdk.md 1.4).
namespace troupe::exec {

inline constexpr std::string_view outside_git_message =
  "Not inside a trusted directory and --skip-git-repo-check was not specified.";

/// Is there a `.git` entry in `directory` or a parent of it?
bool is_inside_git_work_tree(const std::filesystem::path& directory);

} // namespace troupe::exec
