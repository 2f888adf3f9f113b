#include "config/features.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace troupe::config {

namespace {

using enum feature_stage;

// clang-format off
constexpr std::array<feature_entry, feature_count> feature_table{{
  {feature::shell_tool, "shell_tool", stable, true},
  {feature::unified_exec, "unified_exec", stable, true},
  {feature::shell_snapshot, "shell_snapshot", experimental, false},
  {feature::apply_patch_freeform, "apply_patch_freeform", under_development, false},
  {feature::web_search_request, "web_search_request", deprecated, false},
  {feature::web_search_cached, "web_search_cached", deprecated, false},
  {feature::request_rule, "request_rule", stable, true},
  {feature::undo, "undo", stable, false},
  {feature::collab, "collab", experimental, false},
  {feature::collaboration_modes, "collaboration_modes", stable, true},
  {feature::steer, "steer", stable, true},
  {feature::personality, "personality", stable, true},
  {feature::child_agents_md, "child_agents_md", under_development, false},
  {feature::memory_tool, "memory_tool", under_development, false},
  {feature::sqlite, "sqlite", under_development, false},
  {feature::runtime_metrics, "runtime_metrics", under_development, false},
  {feature::remote_models, "remote_models", under_development, true},
  {feature::enable_request_compression, "enable_request_compression", stable, true},
  {feature::responses_websockets, "responses_websockets", under_development, false},
  {feature::responses_websockets_v2, "responses_websockets_v2", under_development, false},
  {feature::apps, "apps", experimental, false},
  {feature::skill_mcp_dependency_install, "skill_mcp_dependency_install", stable, true},
  {feature::skill_env_var_dependency_prompt, "skill_env_var_dependency_prompt", under_development, false},
  {feature::use_linux_sandbox_bwrap, "use_linux_sandbox_bwrap", under_development, false},
  {feature::experimental_windows_sandbox, "experimental_windows_sandbox", under_development, false},
  {feature::elevated_windows_sandbox, "elevated_windows_sandbox", under_development, false},
  {feature::powershell_utf8, "powershell_utf8", under_development, false},
}};

constexpr std::array<std::pair<std::string_view, feature>, 7> old_names{{
  {"connectors", feature::apps},
  {"multi_agent", feature::collab},
  {"enable_experimental_windows_sandbox", feature::experimental_windows_sandbox},
  {"experimental_use_unified_exec_tool", feature::unified_exec},
  {"experimental_use_freeform_apply_patch", feature::apply_patch_freeform},
  {"include_apply_patch_tool", feature::apply_patch_freeform},
  {"web_search", feature::web_search_request},
}};
// clang-format on

constexpr bool table_follows_enum() {
  for (std::size_t i = 0; i < feature_table.size(); ++i)
    if (static_cast<std::size_t>(feature_table[i].id) != i)
      return false;
  return true;
}
static_assert(table_follows_enum());

} // namespace

std::string_view to_text(feature_stage stage) {
  switch (stage) {
  case under_development: return "under development";
  case experimental: return "experimental";
  case stable: return "stable";
  case deprecated: return "deprecated";
  }
  return {};
}

std::span<const feature_entry> all_features() {
  return feature_table;
}

std::optional<feature> find_feature(std::string_view key) {
  const auto entry = std::ranges::find(feature_table, key, &feature_entry::key);
  if (entry != feature_table.end())
    return entry->id;
  const auto old = std::ranges::find(old_names, key, [](const auto& x) { return x.first; });
  if (old != old_names.end())
    return old->second;
  return std::nullopt;
}

std::variant<std::string, config_error> feature_override(std::string_view key, feature_switch to) {
  if (!find_feature(key))
    return config_error{config_errc::unknown_feature, fmt::format("Unknown feature flag: {}", key)};
  return fmt::format("features.{}={}", key, to == feature_switch::enable);
}

feature_set::feature_set() {
  for (const auto& entry : feature_table)
    set(entry.id, entry.enabled_by_default ? feature_switch::enable : feature_switch::disable);
}

} // namespace troupe::config
