#pragma once

#include "config/config.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

/// Instructions that people keep in AGENTS.md files (contract threads.md 7.3).
namespace troupe::config {

/// The nearest directory from `cwd` upwards that holds one of `markers`; `cwd` without one or
/// without markers.
std::filesystem::path project_root(const std::filesystem::path& cwd,
                                   const std::vector<std::string>& markers);

/// `root`, then each directory below it down to `cwd`.
std::vector<std::filesystem::path> directories_between(const std::filesystem::path& root,
                                                       const std::filesystem::path& cwd);

/// The text of the home's and the project's documents; none when nothing is left. Unreadable
/// documents count as none.
std::optional<std::string> user_instructions(const std::filesystem::path& home,
                                             const std::filesystem::path& cwd,
                                             const project_doc_settings& settings);

} // namespace troupe::config
