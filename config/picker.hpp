#pragma once

#include "config/config.hpp"
#include "messages/models.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// The lists of picker and `/model` screens (contract model-switching.md, picker list and switcher
/// list). Pure: the available presets and the metadata of a slug come from the caller.
namespace troupe::config {

struct configured_models {
  std::optional<std::string> model; ///< top level
  std::string provider;             ///< id of the session's provider
  bool names_provider = false;      ///< the configuration says which, it is not the default
  std::optional<reasoning_effort> effort;
  std::vector<model_choice> profiles;
  /// Providers that the user has declared; others are built in.
  std::set<std::string, std::less<>> declared_providers;
};

/// What the lists need of a session's configuration.
configured_models configured_models_of(const config& from);

/// Whether requests could be sent with what is known.
enum class credentials : std::uint8_t { none, present };

/// What the two lists are made from.
struct picker_sources {
  std::span<const model_preset> available; ///< hidden ones included
  const configured_models& configured;
  std::function<model_info(std::string_view slug)> describe;
};

/// The shown presets, and the configured model where it is not among them: last, or, without
/// credentials, alone and default.
std::vector<model_preset> picker_models(const picker_sources& from, credentials known);

/// Whose models come first.
enum class switcher_scope : std::uint8_t {
  configured_only,  ///< the configured ones, the first marked default
  after_the_picker, ///< with a ChatGPT login: the picker's, then the configured ones
};

std::vector<model_preset> switcher_models(const picker_sources& from, switcher_scope scope);

/// Does `openai` provide an available preset of that slug, and is it the asked provider?
bool is_official_openai_model(std::span<const model_preset> available, std::string_view model,
                              std::string_view provider);

/// The id of a configured pair: usable as the name of a profile file, `[A-Za-z0-9._-]` only.
std::string generated_profile_name(std::string_view provider, std::string_view model);

/// Every pair that the configuration names, once each: the top level, then the profiles' by slug
/// and provider. A profile without a provider has that of another place that names the same slug
/// with one, else that of the session.
std::vector<model_choice> configured_pairs(const configured_models& x);

} // namespace troupe::config
