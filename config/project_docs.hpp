#pragma once

#include "config/config.hpp"

#include <filesystem>
#include <optional>
#include <string>

/// Instructions that people keep in AGENTS.md files (contract threads.md 7.3).
namespace troupe::config {

/// The text of the home's and the project's documents; none when nothing is left. Unreadable
/// documents count as none.
std::optional<std::string> user_instructions(const std::filesystem::path& home,
                                             const std::filesystem::path& cwd,
                                             const project_doc_settings& settings);

} // namespace troupe::config
