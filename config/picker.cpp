#include "config/picker.hpp"

#include "config/presets.hpp"
#include "config/text_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace troupe::config {

namespace {

constexpr std::string_view official_description = "Official OpenAI model";

bool is_same_model(const model_preset& x, std::string_view model, std::string_view provider) {
  return x.model == model && x.model_provider_id == provider;
}

bool holds(std::span<const model_preset> presets, std::string_view model,
           std::string_view provider) {
  return std::ranges::any_of(
    presets, [&](const model_preset& x) { return is_same_model(x, model, provider); });
}

reasoning_effort default_effort(const model_info& x, std::optional<reasoning_effort> configured) {
  if (configured)
    return *configured;
  if (x.default_reasoning_level)
    return *x.default_reasoning_level;
  return x.supported_reasoning_levels.empty() ? reasoning_effort::none : reasoning_effort::medium;
}

model_preset described(const picker_sources& from, std::string_view model) {
  const auto info = from.describe(model);
  auto result = to_preset(info, from.configured.provider);
  result.default_effort = default_effort(info, from.configured.effort);
  return result;
}

/// The preset of a configured pair: an available one of the pair, else of the slug, else one made
/// of what is known of the slug.
model_preset configured_preset(const picker_sources& from, std::string_view model,
                               std::string_view provider) {
  auto found = std::ranges::find_if(
    from.available, [&](const model_preset& x) { return is_same_model(x, model, provider); });
  if (found == from.available.end())
    found = std::ranges::find(from.available, model, &model_preset::model);
  auto result = found == from.available.end() ? described(from, model) : *found;
  result.model_provider_id = provider;
  result.show_in_picker = true;
  result.is_default = false;
  return result;
}

std::vector<model_preset> shown_models(std::span<const model_preset> available) {
  std::vector<model_preset> result;
  std::ranges::copy_if(available, std::back_inserter(result), &model_preset::show_in_picker);
  return result;
}

std::optional<std::string> configured_slug(const configured_models& x) {
  const auto model = x.model.value_or("");
  const auto slug = trimmed(model);
  return slug.empty() ? std::nullopt : std::optional{std::string{slug}};
}

/// With what tells configured presets of one model apart.
model_preset switcher_preset(const picker_sources& from, const model_choice& x) {
  const auto& provider = x.provider.value_or(from.configured.provider);
  auto result = configured_preset(from, x.model, provider);
  if (!x.provider)
    return result;
  result.id = generated_profile_name(provider, x.model);
  const bool is_declared = from.configured.declared_providers.contains(provider);
  result.description = is_declared ? fmt::format("From your provider `{}`", provider)
                                   : fmt::format("From the built-in provider `{}`", provider);
  return result;
}

/// The place that names `model` with a provider, in the order of the configuration.
std::optional<std::string> inferred_provider(const configured_models& x, std::string_view model) {
  if (x.names_provider && configured_slug(x) == model)
    return x.provider;
  const auto found = std::ranges::find_if(x.profiles, [&](const model_choice& choice) {
    return choice.provider && trimmed(choice.model) == model;
  });
  return found == x.profiles.end() ? std::nullopt : found->provider;
}

std::vector<model_choice> profile_pairs(const configured_models& x) {
  std::vector<model_choice> result;
  for (const auto& choice : x.profiles) {
    const std::string slug{trimmed(choice.model)};
    if (slug.empty())
      continue;
    result.push_back({slug, choice.provider ? choice.provider : inferred_provider(x, slug)});
  }
  std::ranges::sort(result, {}, [&x](const model_choice& choice) {
    return std::pair{choice.model, choice.provider.value_or(x.provider)};
  });
  return result;
}

} // namespace

configured_models configured_models_of(const config& from) {
  configured_models result;
  result.model = from.model;
  result.provider = from.model_provider_id;
  result.names_provider = from.names_model_provider;
  result.effort = from.model_reasoning_effort;
  result.profiles = from.profile_models;
  for (const auto& [id, entry] : from.model_providers)
    if (!is_builtin_provider(id))
      result.declared_providers.insert(id);
  return result;
}

std::vector<model_preset> picker_models(const picker_sources& from, credentials known) {
  auto result = shown_models(from.available);
  const auto slug = configured_slug(from.configured);
  if (!slug || holds(result, *slug, from.configured.provider))
    return result;
  auto own = configured_preset(from, *slug, from.configured.provider);
  if (known == credentials::none) {
    own.is_default = true;
    return {std::move(own)};
  }
  result.push_back(std::move(own));
  return result;
}

std::vector<model_choice> configured_pairs(const configured_models& x) {
  std::vector<model_choice> all;
  if (auto slug = configured_slug(x))
    all.push_back({*std::move(slug), x.names_provider ? std::optional{x.provider} : std::nullopt});
  std::ranges::move(profile_pairs(x), std::back_inserter(all));
  std::vector<model_choice> result;
  const auto provider_of = [&x](const model_choice& y) { return y.provider.value_or(x.provider); };
  for (auto& choice : all) {
    const bool is_known = std::ranges::any_of(result, [&](const model_choice& y) {
      return y.model == choice.model && provider_of(y) == provider_of(choice);
    });
    if (!is_known)
      result.push_back(std::move(choice));
  }
  return result;
}

std::vector<model_preset> switcher_models(const picker_sources& from, switcher_scope scope) {
  std::vector<model_preset> result;
  if (scope == switcher_scope::after_the_picker)
    result = picker_models(from, credentials::present);
  for (auto& x : result)
    if (x.model_provider_id == default_provider_id)
      x.description = x.description.empty()
                        ? std::string{official_description}
                        : fmt::format("{}: {}", official_description, x.description);
  for (const auto& choice : configured_pairs(from.configured))
    if (!holds(result, choice.model, choice.provider.value_or(from.configured.provider)))
      result.push_back(switcher_preset(from, choice));
  if (scope == switcher_scope::configured_only && !result.empty())
    result.front().is_default = true;
  return result;
}

bool is_official_openai_model(std::span<const model_preset> available, std::string_view model,
                              std::string_view provider) {
  return provider == default_provider_id && holds(available, model, default_provider_id);
}

std::string generated_profile_name(std::string_view provider, std::string_view model) {
  auto result = fmt::format("{}-{}", provider, model);
  std::ranges::replace_if(
    result,
    [](unsigned char c) {
      const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                            (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
      return !is_plain;
    },
    '-');
  return result;
}

} // namespace troupe::config
