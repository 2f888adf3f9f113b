#include "config/loader.hpp"

#include "config/home.hpp"
#include "config/known_keys.hpp"
#include "config/layers.hpp"
#include "config/provider_settings.hpp"
#include "config/requirements.hpp"
#include "config/sandbox_mode_setting.hpp"
#include "config/table_reader.hpp"
#include "config/text_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace troupe::config {

namespace fs = std::filesystem;

namespace {

/// Of `[tools]`, in which the reference has keys, too: the last four, old ones included. It may
/// have more by the time somebody shares a home with it.
constexpr auto tool_keys = std::to_array<std::string_view>(
  {"max_memory", "max_processes", "max_file_size", "max_running", "shell_snapshot", "view_image",
   "update_plan", "web_search", "web_search_request", "experimental_request_user_input"});

template <class T>
std::optional<T> first_of(const std::optional<T>& a, std::optional<T> b) {
  return a ? a : std::move(b);
}

/// Turns merged settings into a config, one area per function. The first error wins and is asked
/// for at the end; until then a bad value counts as absent.
class resolver {
public:
  resolver(const load_request& request, const layered_settings& layers, requirements limits)
    : request_(request), limits_(std::move(limits)),
      from_(layers.settings, user_home(request.env)) {
    result_.home = request.home;
    result_.cwd = request.cwd;
    result_.trust = layers.trust;
    result_.warnings = layers.warnings;
  }

  std::variant<config, config_error> run() {
    read_features();
    read_model();
    read_environment();
    read_tuning();
    read_approval();
    read_sandbox();
    read_shell_environment();
    read_instructions();
    read_tools();
    read_session();
    if (from_.error())
      return *from_.error();
    return select_model_provider();
  }

private:
  const typed_overrides& typed() const { return request_.typed; }

  void read_features() {
    for (const auto key : {"experimental_use_unified_exec_tool",
                           "experimental_use_freeform_apply_patch", "include_apply_patch_tool"})
      read_feature(from_, key); // where these switches were before there was `[features]`
    const auto features = from_.table("features");
    for (const auto key : features.keys())
      read_feature(features, key);
  }

  void read_feature(const table_reader& from, std::string_view key) {
    const auto id = find_feature(key);
    const auto on = id ? from.boolean(key) : std::nullopt;
    if (!on)
      return;
    result_.features.set(*id, *on ? feature_switch::enable : feature_switch::disable);
    const auto& entry = all_features()[static_cast<std::size_t>(*id)];
    if (*on && entry.stage == feature_stage::under_development && !entry.enabled_by_default)
      unstable_features_.emplace_back(entry.key);
  }

  void read_model() {
    local_provider_ = typed().local_provider;
    if (local_provider_ && local_provider_->empty())
      local_provider_ = from_.text("oss_provider").value_or("ollama");
    result_.model = first_of(typed().model, from_.text("model"));
    if (local_provider_ && !typed().model)
      result_.model = local_provider_model(*local_provider_);
    result_.review_model = from_.text("review_model");
    const auto provider =
      first_of(local_provider_, first_of(typed().model_provider, from_.text("model_provider")));
    result_.names_model_provider = provider.has_value();
    result_.model_provider_id = provider.value_or(std::string{default_provider_id});
    if (from_.holds_table("profiles"))
      read_profile_models(from_.table("profiles"));
    result_.model_providers = read_providers(
      from_.table("model_providers"),
      builtin_providers(request_.env, {.client_version = request_.client_version,
                                       .openai_base_url = from_.text("openai_base_url")}));
    result_.model_limits = read_model_limits(from_.table("model_limits"));
    result_.tools = read_tool_bounds(from_.table("tools"));
    result_.chatgpt_base_url =
      from_.text("chatgpt_base_url").value_or("https://chatgpt.com/backend-api/");
    result_.model_catalog_json = from_.path("model_catalog_json");
  }

  /// A mistake in a profile that is not selected is not asked about.
  void read_profile_models(const table_reader& profiles) {
    for (const auto name : profiles.keys()) {
      if (!profiles.holds_table(name))
        continue;
      const auto profile = profiles.table(name);
      if (profile.holds_text("model"))
        result_.profile_models.push_back(
          {*profile.text("model"),
           profile.holds_text("model_provider") ? profile.text("model_provider") : std::nullopt});
    }
  }

  void read_environment() {
    const auto& env = request_.env;
    const auto originator = non_blank(env, "CODEX_INTERNAL_ORIGINATOR_OVERRIDE");
    result_.originator =
      originator && is_legal_header_value(*originator) ? *originator : request_.originator;
    if (const auto bundle =
          first_of(non_blank(env, "CODEX_CA_CERTIFICATE"), non_blank(env, "SSL_CERT_FILE")))
      result_.ca_bundle = request_.cwd / *bundle;
  }

  void read_tuning() {
    result_.model_reasoning_effort = first_of(
      typed().model_reasoning_effort, from_.choice<reasoning_effort>("model_reasoning_effort"));
    result_.model_reasoning_summary = from_.choice<reasoning_summary>("model_reasoning_summary");
    result_.model_verbosity = from_.choice<verbosity>("model_verbosity");
    result_.service_tier = from_.text("service_tier").value_or("");
    result_.model_context_window = tokens("model_context_window");
    result_.model_auto_compact_token_limit = tokens("model_auto_compact_token_limit");
    result_.model_supports_reasoning_summaries =
      from_.boolean("model_supports_reasoning_summaries");
    result_.tool_output_token_limit = tokens("tool_output_token_limit");
    result_.identity = first_of(typed().identity, from_.choice<identity_kind>("identity"));
    result_.collaboration_mode =
      first_of(typed().collaboration_mode, from_.choice<mode_kind>("collaboration_mode"))
        .value_or(mode_kind::default_mode);
    result_.personality =
      first_of(typed().personality, from_.choice<troupe::personality>("personality"));
    if (!result_.personality && result_.features.enabled(feature::personality))
      result_.personality = troupe::personality::pragmatic;
  }

  std::optional<std::int64_t> tokens(std::string_view key) const {
    const auto given = from_.count(key);
    return given ? std::optional{static_cast<std::int64_t>(*given)} : std::nullopt;
  }

  void read_approval() {
    auto wanted = typed().approval_policy;
    if (!from_.holds_table("approval_policy")) {
      // A wrong value is an error even where a mode forces another one.
      wanted = first_of(wanted, from_.choice<approval_policy>("approval_policy"));
    } else if (!wanted) {
      // The released binary's `granular` table asks per kind of question; asking for all is
      // on-request.
      wanted = approval_policy::on_request;
      warn("approval_policy as a table is not supported; on-request is used");
    }
    const auto otherwise = result_.trust == project_trust::untrusted ? approval_policy::untrusted
                                                                     : approval_policy::on_request;
    result_.approval_policy =
      permitted("approval_policy", limits_.approval_policies, wanted, otherwise);
  }

  void read_sandbox() {
    const auto wanted =
      first_of(typed().sandbox_mode, read_sandbox_mode(from_, "sandbox_mode", "sandbox_mode"));
    const auto otherwise = result_.trust == project_trust::unknown ? sandbox_mode::read_only
                                                                   : sandbox_mode::workspace_write;
    result_.sandbox = read_sandbox_settings(from_.table("sandbox"), request_.env);
    auto& policy = result_.sandbox_policy;
    policy.mode = permitted("sandbox_mode", limits_.sandbox_modes, wanted, otherwise);
    const auto table = from_.table("sandbox_workspace_write");
    auto roots = table.paths("writable_roots").value_or(std::vector<fs::path>{});
    for (const auto& root : typed().additional_writable_roots)
      roots.push_back((request_.cwd / root).lexically_normal());
    const auto network = table.boolean("network_access").value_or(false);
    const auto no_tmpdir = table.boolean("exclude_tmpdir_env_var").value_or(false);
    const auto no_slash_tmp = table.boolean("exclude_slash_tmp").value_or(false);
    if (policy.mode != sandbox_mode::workspace_write)
      return;
    for (const auto& root : roots)
      policy.writable_roots.push_back(root.string());
    policy.network_access = network;
    policy.exclude_tmpdir_env_var = no_tmpdir;
    policy.exclude_slash_tmp = no_slash_tmp;
  }

  void read_shell_environment() {
    const auto table = from_.table("shell_environment_policy");
    auto& policy = result_.shell_environment_policy;
    policy.inherit = table.choice<environment_inherit>("inherit").value_or(policy.inherit);
    policy.ignore_default_excludes =
      table.boolean("ignore_default_excludes").value_or(policy.ignore_default_excludes);
    policy.exclude = table.texts("exclude").value_or(policy.exclude);
    policy.include_only = table.texts("include_only").value_or(policy.include_only);
    policy.set = table.text_map("set").value_or(policy.set);
    result_.allow_login_shell = from_.boolean("allow_login_shell").value_or(true);
  }

  void read_instructions() {
    result_.base_instructions =
      first_of(typed().base_instructions, prompt_file("model_instructions_file"));
    result_.developer_instructions =
      first_of(typed().developer_instructions, from_.text("developer_instructions"));
    result_.compact_prompt = first_of(typed().compact_prompt, from_.text("compact_prompt"));
    if (result_.compact_prompt && trimmed(*result_.compact_prompt).empty())
      result_.compact_prompt.reset();
    auto prompt = prompt_file("experimental_compact_prompt_file");
    if (!result_.compact_prompt)
      result_.compact_prompt = std::move(prompt);
    if (from_.find("experimental_instructions_file") != nullptr)
      warn("`experimental_instructions_file` is deprecated and ignored; use "
           "`model_instructions_file`");
    auto& docs = result_.project_docs;
    docs.max_bytes = from_.count("project_doc_max_bytes").value_or(docs.max_bytes);
    docs.fallback_filenames =
      from_.texts("project_doc_fallback_filenames").value_or(docs.fallback_filenames);
    docs.root_markers = from_.texts("project_root_markers").value_or(docs.root_markers);
  }

  void read_tools() {
    const auto tools = from_.table("tools");
    for (const auto& key : refuse_misspelt_keys(tools, "tools", tool_keys))
      warn(fmt::format("unknown key `tools.{}` is left out", key));
    if (tools.find("web_search") != nullptr && !tools.holds_table("web_search"))
      if (const auto on = tools.boolean("web_search"))
        result_.features.set(feature::web_search_request,
                             *on ? feature_switch::enable : feature_switch::disable);
    result_.commands = read_command_settings(tools);
    result_.view_image_tool = tools.boolean("view_image").value_or(true);
    result_.update_plan_tool = tools.table("update_plan").boolean("enabled");
    result_.web_search =
      permitted("web_search", limits_.web_search_modes, wanted_web_search(), default_web_search());
    result_.notify = from_.texts("notify").value_or(std::vector<std::string>{});
    const auto threads = from_.table("agents").count("max_threads");
    if (threads == 0U)
      from_.table("agents").refuse("max_threads", "`agents.max_threads` must be at least 1");
    if (threads)
      result_.agents_max_threads =
        static_cast<std::uint32_t>(std::min<std::uint64_t>(*threads, 1'000'000));
  }

  // `indexed` is the released binary's; it differs from `cached` on the server only.
  std::optional<web_search_mode> wanted_web_search() const {
    if (from_.holds_text("web_search") && from_.text("web_search") == "indexed")
      return web_search_mode::cached;
    if (from_.find("web_search") != nullptr)
      return from_.choice<web_search_mode>("web_search");
    if (result_.features.enabled(feature::web_search_cached))
      return web_search_mode::cached;
    if (result_.features.enabled(feature::web_search_request))
      return web_search_mode::live;
    return std::nullopt;
  }

  web_search_mode default_web_search() const {
    return result_.sandbox_policy.mode == sandbox_mode::danger_full_access
             ? web_search_mode::live
             : web_search_mode::cached;
  }

  void read_session() {
    const auto history = from_.table("history");
    if (const auto persistence = history.text("persistence")) {
      if (*persistence != "save-all" && *persistence != "none")
        history.refuse("persistence", "`history.persistence` must be `save-all` or `none`");
      result_.history.save = *persistence != "none";
    }
    result_.history.max_bytes = history.count("max_bytes");
    result_.hide_agent_reasoning = from_.boolean("hide_agent_reasoning").value_or(false);
    result_.show_raw_agent_reasoning =
      first_of(typed().show_raw_agent_reasoning, from_.boolean("show_raw_agent_reasoning"))
        .value_or(local_provider_.has_value());
    result_.credentials_store =
      from_.choice<login_store_mode>("cli_auth_credentials_store").value_or(login_store_mode::file);
    result_.forced_login_method = from_.choice<login_method>("forced_login_method");
    if (from_.holds_text("forced_chatgpt_workspace_id"))
      result_.forced_chatgpt_workspaces = {*from_.text("forced_chatgpt_workspace_id")};
    else
      result_.forced_chatgpt_workspaces =
        from_.texts("forced_chatgpt_workspace_id").value_or(std::vector<std::string>{});
    if (const auto delay = from_.count("thread_unload_delay_secs"))
      result_.thread_unload_delay =
        std::chrono::seconds{std::min<std::uint64_t>(*delay, max_unload_delay.count())};
    result_.unbounded_connection_retries =
      from_.table("features").boolean("unbounded_connection_retries").value_or(false);
    const auto suppress = from_.boolean("suppress_unstable_features_warning").value_or(false);
    if (!suppress && !unstable_features_.empty())
      warn(fmt::format("features under development are on and may not work: {}; "
                       "`suppress_unstable_features_warning = true` hides this",
                       fmt::join(unstable_features_, ", ")));
  }

  std::variant<config, config_error> select_model_provider() {
    auto selected = select_provider(result_.model_providers, result_.model_provider_id);
    if (auto* error = std::get_if<config_error>(&selected))
      return std::move(*error);
    result_.model_provider = std::get<provider>(std::move(selected));
    if (result_.model_provider.tls_verification == tls_verification::off)
      warn(unverified_provider_warning(result_.model_provider_id));
    return std::move(result_);
  }

  /// The trimmed text of the file that `key` names. A file that is missing or empty is an error.
  std::optional<std::string> prompt_file(std::string_view key) {
    const auto file = from_.path(key);
    if (!file)
      return std::nullopt;
    const auto text = read_text_file(*file, max_prompt_file_bytes);
    if (const auto* error = std::get_if<std::error_code>(&text)) {
      from_.refuse(key,
                   fmt::format("cannot read `{}` {}: {}", key, file->string(), error->message()));
      return std::nullopt;
    }
    const auto body = trimmed(std::get<std::string>(text));
    if (body.empty())
      from_.refuse(key, fmt::format("`{}` {} is empty", key, file->string()));
    return std::string{body};
  }

  template <class T>
  T permitted(std::string_view key, const std::optional<std::vector<T>>& allowed,
              std::optional<T> wanted, T otherwise) {
    const auto result = allowed_value(allowed, wanted.value_or(otherwise));
    if (wanted && result != *wanted)
      warn(fmt::format("`{}` = `{}` is not allowed here; `{}` is used", key, to_text(*wanted),
                       to_text(result)));
    return result;
  }

  void warn(std::string text) { result_.warnings.push_back(std::move(text)); }

  static constexpr std::chrono::seconds max_unload_delay{365L * 24 * 60 * 60};

  const load_request& request_;
  requirements limits_;
  table_reader from_;
  std::optional<std::string> local_provider_;
  std::vector<std::string> unstable_features_;
  config result_;
};

} // namespace

std::variant<config, config_error> load(const load_request& request) {
  auto normal = request;
  normal.cwd = request.cwd.lexically_normal();
  if (!normal.cwd.has_filename() && normal.cwd.has_relative_path())
    normal.cwd = normal.cwd.parent_path(); // "/a/b/" is the directory "/a/b"
  auto layers = read_layers(normal);
  if (auto* error = std::get_if<config_error>(&layers))
    return std::move(*error);
  const auto& settings = std::get<layered_settings>(layers);
  auto limits = read_requirements(settings.requirements);
  if (auto* error = std::get_if<config_error>(&limits))
    return std::move(*error);
  return resolver{normal, settings, std::get<requirements>(std::move(limits))}.run();
}

} // namespace troupe::config
