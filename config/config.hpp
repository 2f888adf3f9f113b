#pragma once

#include "config/command_settings.hpp"
#include "config/credentials.hpp"
#include "config/features.hpp"
#include "config/login_store.hpp"
#include "config/providers.hpp"
#include "config/sandbox_settings.hpp"
#include "config/tool_bounds.hpp"
#include "messages/collaboration_mode.hpp"
#include "messages/identity.hpp"
#include "messages/settings.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

/// The resolved configuration of a thread: a plain value, made by `load` (loader.hpp). Optional
/// members are absent where the model's catalogue entry decides. Keys are those of contract
/// config.md 4.
namespace troupe::config {

enum class project_trust : std::uint8_t { unknown, trusted, untrusted };

struct project_doc_settings {
  static constexpr std::uint64_t default_max_bytes = 32 * 1024;

  std::uint64_t max_bytes = default_max_bytes; ///< for all AGENTS.md files together; 0: none
  std::vector<std::string> fallback_filenames;
  std::vector<std::string> root_markers{".git"};
  bool operator==(const project_doc_settings&) const = default;
};

struct history_settings {
  bool save = true;
  std::optional<std::uint64_t> max_bytes;
  bool operator==(const history_settings&) const = default;
};

/// A model that a profile names.
struct model_choice {
  std::string model;
  std::optional<std::string> provider; ///< id, where the profile names one, too
  bool operator==(const model_choice&) const = default;
};

struct config {
  std::filesystem::path home;
  std::filesystem::path cwd;
  project_trust trust = project_trust::unknown;

  std::optional<std::string> model;
  std::optional<std::string> review_model;
  std::string model_provider_id{default_provider_id};
  bool names_model_provider = false;        ///< `model_provider_id` is not just the default
  std::vector<model_choice> profile_models; ///< of all `[profiles]`, whichever is selected
  provider model_provider;                  ///< the entry of `model_provider_id`
  provider_table model_providers;
  tool_bounds tools;           ///< what a command may take
  request_limits model_limits; ///< of all providers together; `max_connections` to each host
  std::optional<reasoning_effort> model_reasoning_effort;
  std::optional<reasoning_summary> model_reasoning_summary; ///< absent: `auto`
  std::optional<verbosity> model_verbosity;
  std::string service_tier; ///< of every request; empty: the provider's default
  // Counts of tokens, 0 or more.
  std::optional<std::int64_t> model_context_window;
  std::optional<std::int64_t> model_auto_compact_token_limit;
  std::optional<bool> model_supports_reasoning_summaries;
  std::optional<std::int64_t> tool_output_token_limit;
  std::optional<identity_kind> identity; ///< who threads are; absent: nobody in particular
  mode_kind collaboration_mode = mode_kind::default_mode;
  std::optional<troupe::personality> personality; ///< `pragmatic` unless the feature is off
  std::optional<std::filesystem::path> model_catalog_json;
  std::string chatgpt_base_url;
  std::string originator; ///< header `originator` and first part of the user agent
  /// PEM file with further trusted authorities: CODEX_CA_CERTIFICATE, else SSL_CERT_FILE.
  std::optional<std::filesystem::path> ca_bundle;

  troupe::approval_policy approval_policy = troupe::approval_policy::on_request;
  troupe::sandbox_policy sandbox_policy;
  sandbox_settings sandbox; ///< of all threads of this process
  troupe::shell_environment_policy shell_environment_policy;
  bool allow_login_shell = true;
  command_settings commands; ///< of the node

  std::optional<std::string> base_instructions; ///< text of `model_instructions_file`
  std::optional<std::string> developer_instructions;
  std::optional<std::string> compact_prompt;
  project_doc_settings project_docs;

  feature_set features;
  web_search_mode web_search = web_search_mode::cached;
  bool view_image_tool = true;
  std::optional<bool> update_plan_tool; ///< absent: the program decides
  std::vector<std::string> notify;      ///< argv; empty: none
  std::optional<std::uint32_t> agents_max_threads;

  history_settings history;
  bool hide_agent_reasoning = false;
  bool show_raw_agent_reasoning = false;
  login_store_mode credentials_store = login_store_mode::file;
  std::optional<login_method> forced_login_method;
  std::vector<std::string> forced_chatgpt_workspaces; ///< empty: any
  std::optional<std::chrono::seconds> thread_unload_delay;
  bool unbounded_connection_retries = false; ///< `features.unbounded_connection_retries`

  /// Things to tell the user at thread start; none of them stops anything.
  std::vector<std::string> warnings;
};

/// `writable_roots` of a workspace-write policy plus cwd, `/tmp` and `$TMPDIR` as far
/// as they are not excluded, in that order, without duplicates; empty in other modes.
std::vector<std::string> effective_writable_roots(const sandbox_policy& policy,
                                                  const std::filesystem::path& cwd,
                                                  const environment& env);

} // namespace troupe::config
