#pragma once

#include "config/config.hpp"

#include <filesystem>
#include <string>
#include <vector>

/// Instructions that people keep in AGENTS.md files (contract threads.md 7.3).
namespace troupe::config {

struct instructions {
  std::string text; ///< of the home's and the project's documents; empty: nothing is left
  std::vector<std::string> warnings;
};

/// Unreadable documents count as none. One of a project may be an agent's: a link must stay in the
/// project, and lead to nothing that `settings.sandbox` or the home keeps from tools.
instructions user_instructions(const config& settings, const std::filesystem::path& cwd);

} // namespace troupe::config
