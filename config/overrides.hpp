#pragma once

#include "config/settings_tree.hpp"

#include <filesystem>
#include <span>
#include <string>
#include <variant>

namespace troupe::config {

/// The texts after `-c` as one layer of settings (contract config.md 3): later ones win; relative
/// paths in them resolve against `cwd`. Error: `config_errc::bad_override`.
std::variant<setting_table, config_error> parse_overrides(std::span<const std::string> arguments,
                                                          const std::filesystem::path& cwd);

} // namespace troupe::config
