#pragma once

#include "config/config.hpp"
#include "config/settings_tree.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

/// Where a project begins and whether it is trusted (contract config.md 2, 5).
namespace troupe::config {

/// The nearest directory from `cwd` upwards that holds one of `markers`; `cwd` without one or
/// without markers.
std::filesystem::path project_root(const std::filesystem::path& cwd,
                                   const std::vector<std::string>& markers);

/// `root`, then each directory below it down to `cwd`.
std::vector<std::filesystem::path> directories_between(const std::filesystem::path& root,
                                                       const std::filesystem::path& cwd);

/// The working tree of the main repository that `cwd` belongs to: for a linked worktree the
/// repository it was linked from, so that both share their trust. None outside of Git.
std::optional<std::filesystem::path> main_repository(const std::filesystem::path& cwd);

/// `[projects."PATH"] trust_level` of the first of `candidates` that has one. Each path is looked
/// up as it is and in its canonical form.
project_trust find_trust(const setting_table& settings,
                         const std::vector<std::filesystem::path>& candidates);

} // namespace troupe::config
