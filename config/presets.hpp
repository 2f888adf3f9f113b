#pragma once

#include "config/catalogue.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// What a model picker shows (contract models-manager.md 3, 5, 9).
namespace troupe::config {

struct preset_upgrade {
  std::string id; ///< the model to move to
  /// For each effort the nearest one of the model itself; absent when it lists none.
  std::optional<std::map<reasoning_effort, reasoning_effort>> reasoning_effort_mapping;
  std::string migration_config_key;
  std::optional<std::string> model_link;
  std::optional<std::string> upgrade_copy;
  std::optional<std::string> migration_markdown; ///< with `{model_to}` and `{model_from}`
  bool operator==(const preset_upgrade&) const = default;
};

/// All of contract section 3; `to_message` gives the part that travels so far.
struct preset {
  std::string id;
  std::string model;
  std::string display_name;
  std::string description;
  reasoning_effort default_reasoning_effort = reasoning_effort::none;
  std::vector<reasoning_level> supported_reasoning_efforts;
  bool supports_personality = false;
  bool is_default = false;
  std::optional<preset_upgrade> upgrade;
  bool show_in_picker = false;
  bool supported_in_api = true;
  bool accepts_images = true;
  bool operator==(const preset&) const = default;
};

preset to_preset(const model_info& x);

/// The eleven presets that come with the program (section 5), in their order.
std::span<const preset> builtin_presets();

/// Remote models by priority, then the built-in presets that they do not name, filtered by what the
/// login may use, with one default mark (section 9.2). `remote` is empty when the feature is off.
std::vector<preset> list_presets(std::span<const model_info> remote, login_kind login);

/// The slug of the preset marked default, else of the first, else the empty string (section 9.3).
std::string default_model(std::span<const preset> presets);

model_preset to_message(const preset& x);

} // namespace troupe::config
