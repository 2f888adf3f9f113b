#include "config/layers.hpp"

#include "config/home.hpp"
#include "config/overrides.hpp"
#include "config/project.hpp"
#include "config/text_file.hpp"
#include "config/toml_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::config {

namespace fs = std::filesystem;

namespace {

using layer_result = std::variant<setting_table, config_error>;

/// Keys that a profile table may hold; others in it are ignored.
constexpr auto profile_keys = std::to_array<std::string_view>(
  {"model", "model_provider", "approval_policy", "sandbox_mode", "model_reasoning_effort",
   "model_reasoning_summary", "model_verbosity", "service_tier", "personality", "chatgpt_base_url",
   "model_instructions_file", "experimental_compact_prompt_file", "web_search", "analytics",
   "features", "oss_provider", "include_apply_patch_tool", "experimental_use_unified_exec_tool",
   "experimental_use_freeform_apply_patch"});

layer_result read_layer(const fs::path& file) {
  auto text = read_text_file(file, max_config_file_bytes);
  if (const auto* error = std::get_if<std::error_code>(&text)) {
    if (*error == std::errc::no_such_file_or_directory || *error == std::errc::not_a_directory)
      return setting_table{};
    return config_error{config_errc::bad_file,
                        fmt::format("{}: cannot be read: {}", file.string(), error->message())};
  }
  return parse_toml(std::make_shared<const settings_source>(
    settings_source{file.string(), file.parent_path(), std::get<std::string>(std::move(text))}));
}

/// What a folder with code cannot decide, be it trusted or not. Telemetry tells what is done on
/// this machine, prompts included where that is asked for: where it goes is for those to say whom
/// it is of. What tools cannot read protects the machine's user from that very folder.
struct personal_setting {
  std::string_view key;
  std::string_view reason;
};
constexpr auto personal_settings =
  std::to_array<personal_setting>({{"otel", "where telemetry goes"},
                                   {"sandbox", "what the sandbox hides"},
                                   {"node", "what other nodes may do here"}});

struct layer_stack {
  setting_table system;
  setting_table user;
  setting_table profile_file;
  setting_table project;
  setting_table flags;
  setting_table managed;
  std::vector<std::string> warnings;

  setting_table without_project() const {
    return merged(merged(merged(merged(system, user), profile_file), flags), managed);
  }

  setting_table all() const {
    return merged(merged(merged(merged(merged(system, user), profile_file), project), flags),
                  managed);
  }
};

std::optional<config_error> take(setting_table& into, layer_result from) {
  if (auto* error = std::get_if<config_error>(&from))
    return std::move(*error);
  into = std::get<setting_table>(std::move(from));
  return std::nullopt;
}

bool same_place(const fs::path& a, const fs::path& b) {
  std::error_code error;
  return fs::weakly_canonical(a, error) == fs::weakly_canonical(b, error);
}

std::vector<std::string> root_markers(const setting_table& settings) {
  const auto* found = find_setting(settings, {"project_root_markers"});
  const auto* list = found ? std::get_if<setting_list>(&found->value) : nullptr;
  if (list == nullptr)
    return {".git"};
  std::vector<std::string> result;
  for (const auto& element : *list)
    if (const auto* marker = std::get_if<std::string>(&element.value))
      result.push_back(*marker);
  return result;
}

std::vector<fs::path> with_repository(std::vector<fs::path> paths, const fs::path& cwd) {
  if (auto repository = main_repository(cwd))
    paths.push_back(std::move(*repository));
  return paths;
}

/// What a project may not say: that a provider need not prove who it is, nor where such a provider
/// is found.
std::optional<config_error> insecure_setting(const setting_table& project,
                                             const setting_table& base) {
  const auto* providers = find_setting(project, {"model_providers"});
  const auto* entries = providers ? std::get_if<setting_table>(&providers->value) : nullptr;
  if (entries == nullptr)
    return std::nullopt;
  const auto is_verified = [](const setting* x) {
    const auto* word = x ? std::get_if<std::string>(&x->value) : nullptr;
    return x == nullptr || (word != nullptr && *word == troupe::to_text(tls_verification::on));
  };
  for (const auto& [id, entry] : *entries) {
    const auto* own = find_setting(project, {"model_providers", id, "tls_verification"});
    if (!is_verified(own))
      return error_at(own->where, "a project cannot set `tls_verification`; it belongs into the "
                                  "config.toml of your home");
    const auto* address = find_setting(project, {"model_providers", id, "base_url"});
    if (address != nullptr &&
        !is_verified(find_setting(base, {"model_providers", id, "tls_verification"})))
      return error_at(address->where, "a project cannot set the address of a provider whose "
                                      "certificate is not verified");
  }
  return std::nullopt;
}

layer_result read_project_layers(const load_request& request, const setting_table& base,
                                 std::vector<std::string>& warnings) {
  const auto root = project_root(request.cwd, root_markers(base));
  setting_table result;
  for (const auto& directory : directories_between(root, request.cwd)) {
    const auto folder = directory / ".codex";
    if (find_trust(base, with_repository({directory, root}, request.cwd)) != project_trust::trusted)
      continue;
    if (same_place(folder, request.home))
      continue;
    auto layer = read_layer(folder / "config.toml");
    if (std::holds_alternative<config_error>(layer))
      return layer;
    if (auto error = insecure_setting(std::get<setting_table>(layer), base))
      return std::move(*error);
    auto& table = std::get<setting_table>(layer);
    for (const auto& [key, reason] : personal_settings)
      if (table.erase(std::string{key}) > 0)
        warnings.push_back(fmt::format("{}: `{}` is left out: a project cannot say {}; it belongs "
                                       "into the config.toml of your home",
                                       (folder / "config.toml").string(), key, reason));
    result = merged(std::move(result), table);
  }
  return result;
}

std::optional<config_error> fill(layer_stack& stack, const load_request& request) {
  const auto& system = request.system_directory;
  if (auto error = take(stack.system, read_layer(system / "config.toml")))
    return error;
  if (auto error = take(stack.user, read_layer(config_file(request.home))))
    return error;
  if (auto error = take(stack.flags, parse_overrides(request.overrides, request.cwd)))
    return error;
  if (auto error = take(stack.managed, read_layer(system / "managed_config.toml")))
    return error;
  return take(stack.project, read_project_layers(request, stack.without_project(), stack.warnings));
}

std::optional<std::string> profile_name(const load_request& request,
                                        const setting_table& settings) {
  if (request.typed.profile)
    return request.typed.profile;
  const auto* found = find_setting(settings, {"profile"});
  const auto* name = found ? std::get_if<std::string>(&found->value) : nullptr;
  return name ? std::optional{*name} : std::nullopt;
}

const setting_table* profile_table(const setting_table& settings, std::string_view name) {
  const auto* found = find_setting(settings, {"profiles", name});
  return found ? std::get_if<setting_table>(&found->value) : nullptr;
}

// A profile has two keys of its own for what lives below `tools` elsewhere.
setting_table with_profile(setting_table settings, const setting_table& profile) {
  setting_table allowed;
  for (const auto key : profile_keys)
    if (const auto found = profile.find(key); found != profile.end())
      allowed.insert(*found);
  setting_table tools;
  for (const auto key : {std::string_view{"web_search"}, std::string_view{"view_image"}})
    if (const auto* found = find_setting(profile, {fmt::format("tools_{}", key)}))
      tools.emplace(key, *found);
  if (!tools.empty())
    allowed.insert_or_assign("tools", setting{std::move(tools), {}});
  return merged(std::move(settings), allowed);
}

layer_result apply_profile(layer_stack& stack, const load_request& request) {
  auto settings = stack.all();
  const auto name = profile_name(request, settings);
  if (!name)
    return settings;
  if (const auto* table = profile_table(settings, *name)) {
    const auto profile = *table; // `settings` is moved from below
    return with_profile(std::move(settings), profile);
  }
  const auto file = profile_file(request.home, *name);
  std::error_code error;
  if (file.empty() || !fs::exists(file, error))
    return config_error{config_errc::unknown_profile,
                        fmt::format("config profile `{}` not found", *name)};
  if (auto problem = take(stack.profile_file, read_layer(file)))
    return std::move(*problem);
  return stack.all();
}

} // namespace

std::variant<layered_settings, config_error> read_layers(const load_request& request) {
  layer_stack stack;
  if (auto error = fill(stack, request))
    return std::move(*error);
  layered_settings result;
  result.warnings = std::move(stack.warnings);
  if (auto error = take(result.settings, apply_profile(stack, request)))
    return std::move(*error);
  const auto requirements = request.system_directory / "requirements.toml";
  if (auto error = take(result.requirements, read_layer(requirements)))
    return std::move(*error);
  result.trust = find_trust(stack.without_project(), with_repository({request.cwd}, request.cwd));
  return result;
}

} // namespace troupe::config
