#pragma once

#include "config/catalogue.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

/// What a model picker shows (contract models-manager.md 3, 5, 9).
namespace troupe::config {

/// `provider` is the one whose catalogue names the model; bundled slugs belong to `openai`
/// whatever it is.
model_preset to_preset(const model_info& x, std::string_view provider = default_provider_id);

/// The eleven presets that come with the program (section 5), in their order.
std::span<const model_preset> builtin_presets();

/// Remote models by priority, then the built-in presets that they do not name, filtered by what the
/// login may use, with one default mark (section 9.2). `remote` is empty when the feature is off.
std::vector<model_preset> list_presets(std::span<const model_info> remote, login_kind login,
                                       std::string_view provider = default_provider_id);

/// The slug of the preset marked default, else of the first, else the empty string (section 9.3).
std::string default_model(std::span<const model_preset> presets);

} // namespace troupe::config
