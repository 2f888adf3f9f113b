#pragma once

#include "config/config.hpp"
#include "config/loader.hpp"
#include "config/settings_tree.hpp"

#include <string>
#include <variant>
#include <vector>

namespace troupe::config {

/// What all layers and the profile say together, before defaults and typed overrides.
struct layered_settings {
  setting_table settings;
  setting_table requirements;                   ///< `requirements.toml` of the system directory
  project_trust trust = project_trust::unknown; ///< of the cwd
  std::vector<std::string> warnings;            ///< what was left out, for people
};

/// Reads and merges, lowest first: system file, user file, profile file, files of trusted project
/// directories from the root to the cwd, `-c`, managed file (contract config.md 2); then puts the
/// profile's table over the result (section 6). Trust and root markers come from the layers that no
/// project can write.
std::variant<layered_settings, config_error> read_layers(const load_request& request);

} // namespace troupe::config
