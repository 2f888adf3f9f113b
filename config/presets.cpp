#include "config/presets.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

namespace troupe::config {

namespace {

using effort = reasoning_effort;

constexpr std::array contract_efforts{effort::none,   effort::minimal, effort::low,
                                      effort::medium, effort::high,    effort::xhigh};

int rank(effort x) {
  return static_cast<int>(x); // the enum is in rank order
}

effort nearest(effort wanted, const std::vector<reasoning_level>& levels) {
  return std::ranges::min_element(levels, {},
                                  [&](const reasoning_level& level) {
                                    return std::abs(rank(level.effort) - rank(wanted));
                                  })
    ->effort;
}

std::optional<preset_upgrade> upgrade_of(const model_info& x) {
  if (!x.upgrade)
    return std::nullopt;
  preset_upgrade result;
  result.id = x.upgrade->model;
  result.migration_config_key = x.slug;
  result.migration_markdown = x.upgrade->migration_markdown;
  if (x.supported_reasoning_levels.empty())
    return result;
  result.reasoning_effort_mapping.emplace();
  for (const auto wanted : contract_efforts)
    result.reasoning_effort_mapping->push_back(
      {wanted, nearest(wanted, x.supported_reasoning_levels)});
  return result;
}

preset_upgrade builtin_upgrade() {
  return {
    .id = "gpt-5.2-codex",
    .reasoning_effort_mapping = std::nullopt,
    .migration_config_key = "gpt-5.2-codex",
    .model_link = "https://openai.com/index/introducing-gpt-5-2-codex",
    .upgrade_copy = "A newer model for coding is available: gpt-5.2-codex.",
    .migration_markdown = "**{model_to}** is available. It is the successor of {model_from}, which "
                          "you can go on using.",
  };
}

struct builtin_row {
  std::string_view slug;
  bool in_picker;
  bool personality;
  bool upgrade;
};

// Levels and descriptions come from the bundled catalogue, or from the fallback table for the two
// models that are in no catalogue.
constexpr auto builtin_rows = std::to_array<builtin_row>({
  {"gpt-5.2-codex", true, true, false},
  {"gpt-5.1-codex-max", true, false, true},
  {"gpt-5.1-codex-mini", true, false, true},
  {"gpt-5.2", true, false, true},
  {"bengalfox", false, true, false},
  {"boomslang", false, false, false},
  {"gpt-5-codex", false, false, true},
  {"gpt-5-codex-mini", false, false, true},
  {"gpt-5.1-codex", false, false, true},
  {"gpt-5", false, false, true},
  {"gpt-5.1", false, false, true},
});

std::vector<reasoning_level> levels_of(std::string_view slug) {
  if (const auto* bundled = find_model(bundled_catalogue(), slug))
    return bundled->supported_reasoning_levels;
  return fallback_model(slug).supported_reasoning_levels;
}

model_preset make_builtin(const builtin_row& row) {
  model_preset result;
  result.id = result.model = result.display_name = std::string{row.slug};
  result.model_provider_id = default_provider_id;
  if (const auto* bundled = find_model(bundled_catalogue(), row.slug))
    result.description = bundled->description.value_or("");
  result.default_effort = effort::medium;
  result.efforts = levels_of(row.slug);
  result.supports_personality = row.personality;
  result.is_default = row.slug == builtin_rows.front().slug;
  if (row.upgrade)
    result.upgrade = builtin_upgrade();
  result.show_in_picker = row.in_picker;
  return result;
}

bool is_builtin(std::string_view slug) {
  return std::ranges::find(builtin_rows, slug, &builtin_row::slug) != builtin_rows.end();
}

std::string owner_of(std::string_view slug, std::string_view provider) {
  const bool is_openai_slug = is_builtin(slug) || find_model(bundled_catalogue(), slug) != nullptr;
  return std::string{is_openai_slug ? default_provider_id : provider};
}

void mark_default(std::vector<model_preset>& presets) {
  for (auto& x : presets)
    x.is_default = false;
  auto chosen = std::ranges::find_if(presets, &model_preset::show_in_picker);
  if (chosen == presets.end())
    chosen = presets.begin();
  if (chosen != presets.end())
    chosen->is_default = true;
}

} // namespace

model_preset to_preset(const model_info& x, std::string_view provider) {
  model_preset result;
  result.id = result.model = x.slug;
  result.model_provider_id = owner_of(x.slug, provider);
  result.display_name = x.display_name;
  result.description = x.description.value_or("");
  result.default_effort = x.default_reasoning_level.value_or(effort::none);
  result.efforts = x.supported_reasoning_levels;
  result.supports_personality = supports_personality(x);
  result.upgrade = upgrade_of(x);
  result.show_in_picker = x.visibility == model_visibility::list;
  result.supported_in_api = x.supported_in_api;
  result.accepts_images = x.accepts_images;
  return result;
}

std::span<const model_preset> builtin_presets() {
  static const auto presets = [] {
    std::vector<model_preset> result;
    for (const auto& row : builtin_rows)
      result.push_back(make_builtin(row));
    return result;
  }();
  return presets;
}

std::vector<model_preset> list_presets(std::span<const model_info> remote, login_kind login,
                                       std::string_view provider) {
  catalogue sorted(remote.begin(), remote.end());
  std::ranges::stable_sort(sorted, {}, &model_info::priority);
  std::vector<model_preset> result;
  for (const auto& x : sorted)
    result.push_back(to_preset(x, provider));
  const auto named = [&](const model_preset& x) { return find_model(sorted, x.model) != nullptr; };
  std::ranges::remove_copy_if(builtin_presets(), std::back_inserter(result), named);
  if (login != login_kind::chatgpt)
    std::erase_if(result, [](const model_preset& x) { return !x.supported_in_api; });
  mark_default(result);
  return result;
}

std::string default_model(std::span<const model_preset> presets) {
  const auto marked = std::ranges::find_if(presets, &model_preset::is_default);
  if (marked != presets.end())
    return marked->model;
  return presets.empty() ? std::string{} : presets.front().model;
}

} // namespace troupe::config
