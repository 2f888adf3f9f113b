#pragma once

#include "messages/collaboration_mode.hpp"
#include "messages/event.hpp"
#include "messages/identity.hpp"
#include "messages/ids.hpp"
#include "messages/rollout.hpp"
#include "messages/root_identity.hpp"
#include "messages/settings.hpp"
#include "messages/shared_text.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// Starting, finding and watching threads (contract threads.md 2, 3, 20).
namespace troupe {

enum class source_kind : std::uint8_t {
  cli,
  vscode,
  exec,
  mcp,
  subagent_review,
  subagent_compact,
  subagent_thread_spawn,
  subagent_other,
  unknown
};
template <>
struct enum_texts<source_kind> {
  static constexpr std::array<std::string_view, 9> values{"cli",
                                                          "vscode",
                                                          "exec",
                                                          "mcp",
                                                          "subagent_review",
                                                          "subagent_compact",
                                                          "subagent_thread_spawn",
                                                          "subagent_other",
                                                          "unknown"};
};

/// Who started a thread. Text and JSON forms: messages/json/source_json.hpp.
struct session_source {
  source_kind kind = source_kind::exec;
  std::optional<thread_id> parent; ///< of spawned agents
  std::uint32_t depth = 0;         ///< of spawned agents
  std::string label;               ///< of other sub-agents
  bool operator==(const session_source&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, session_source& x) {
  return f.object(x).fields(f.field("kind", x.kind), f.field("parent", x.parent),
                            f.field("depth", x.depth), f.field("label", x.label));
}

/// Everything a thread runs with, resolved by the front door: no actor reads configuration or files
/// for it.
struct thread_config {
  std::string model;    ///< empty: the models manager's default
  std::string provider; ///< id in the provider table
  std::string cwd;      ///< absolute
  troupe::approval_policy approval_policy = approval_policy::never;
  troupe::sandbox_policy sandbox_policy;
  shared_value<std::vector<root_identity>> roots; ///< what they are now; others as first met
  mode_kind mode = mode_kind::default_mode;
  shared_text mode_instructions;                 ///< of mode or identity; empty: none
  std::optional<troupe::identity_kind> identity; ///< none: nobody in particular
  /// What the identity may do; with `read_only`, `sandbox_policy` waits for another identity.
  tool_access access = tool_access::full;
  std::optional<reasoning_effort> effort;
  reasoning_summary summary = reasoning_summary::automatic;
  std::optional<troupe::verbosity> verbosity;
  std::string service_tier; ///< at the provider; empty: its default
  std::optional<troupe::personality> personality;
  shared_text base_instructions;      ///< empty: the model's
  shared_text user_instructions;      ///< AGENTS.md and home instructions, joined; empty: none
  shared_text developer_instructions; ///< empty: none
  shell_environment_policy environment;
  web_search_mode web_search = web_search_mode::cached;
  std::string shell = "bash"; ///< name in the environment context
  std::optional<std::int64_t> context_window;
  std::optional<std::int64_t> auto_compact_token_limit;
  std::optional<std::int64_t> tool_output_token_limit;
  std::optional<bool> supports_reasoning_summaries;
  std::uint32_t stream_max_retries = 5;
  std::vector<std::string> features; ///< names of the features that are on
  /// Part of every request; the turn and what goes with it are filled in by the thread.
  request_origin origin;
  bool item_ids = false;          ///< the provider gets back the ids of its items
  bool remote_compaction = false; ///< the provider shortens histories itself
  shared_text compact_prompt;     ///< asks for a summary; empty: the built-in one
  std::string originator;
  session_source source;
  bool ephemeral = false; ///< no rollout
  bool operator==(const thread_config&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, thread_config& x) {
  return f.object(x).fields(
    f.field("model", x.model), f.field("provider", x.provider), f.field("cwd", x.cwd),
    f.field("approval_policy", x.approval_policy), f.field("sandbox_policy", x.sandbox_policy),
    f.field("roots", x.roots), f.field("mode", x.mode),
    f.field("mode_instructions", x.mode_instructions), f.field("identity", x.identity),
    f.field("access", x.access), f.field("effort", x.effort), f.field("summary", x.summary),
    f.field("verbosity", x.verbosity), f.field("service_tier", x.service_tier),
    f.field("personality", x.personality), f.field("base_instructions", x.base_instructions),
    f.field("user_instructions", x.user_instructions),
    f.field("developer_instructions", x.developer_instructions),
    f.field("environment", x.environment), f.field("web_search", x.web_search),
    f.field("shell", x.shell), f.field("context_window", x.context_window),
    f.field("auto_compact_token_limit", x.auto_compact_token_limit),
    f.field("tool_output_token_limit", x.tool_output_token_limit),
    f.field("supports_reasoning_summaries", x.supports_reasoning_summaries),
    f.field("stream_max_retries", x.stream_max_retries), f.field("features", x.features),
    f.field("origin", x.origin), f.field("item_ids", x.item_ids),
    f.field("remote_compaction", x.remote_compaction), f.field("compact_prompt", x.compact_prompt),
    f.field("originator", x.originator), f.field("source", x.source),
    f.field("ephemeral", x.ephemeral));
}

/// Answer: `thread_started`.
struct start_thread {
  thread_config config;
  bool operator==(const start_thread&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, start_thread& x) {
  return f.object(x).fields(f.field("config", x.config));
}

/// Continues a stored thread in its file, with the settings given here. Answer: `thread_started`.
struct resume_thread {
  std::optional<thread_id> thread;
  std::string path; ///< used when there is no id
  thread_config config;
  bool operator==(const resume_thread&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, resume_thread& x) {
  return f.object(x).fields(f.field("thread", x.thread), f.field("path", x.path),
                            f.field("config", x.config));
}

struct thread_started {
  thread_id thread;
  session_configured configured;
  std::vector<std::string>
    warnings; ///< what was noticed while starting, a damaged rollout for example
  bool operator==(const thread_started&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, thread_started& x) {
  return f.object(x).fields(f.field("thread", x.thread), f.field("configured", x.configured),
                            f.field("warnings", x.warnings));
}

/// What a thread knows of its provider.
struct thread_provider {
  std::string id; ///< in the provider table
  std::uint32_t stream_max_retries = 5;
  bool supports_websockets = false; ///< used where a feature of the thread says so
  bool item_ids = false;
  bool remote_compaction = false;
  bool operator==(const thread_provider&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, thread_provider& x) {
  return f.object(x).fields(
    f.field("id", x.id), f.field("stream_max_retries", x.stream_max_retries),
    f.field("supports_websockets", x.supports_websockets), f.field("item_ids", x.item_ids),
    f.field("remote_compaction", x.remote_compaction));
}

/// One-way to a thread, by the thread manager: its requests go there from its next turn on.
struct provider_changed {
  thread_provider provider;
  bool operator==(const provider_changed&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, provider_changed& x) {
  return f.object(x).fields(f.field("provider", x.provider));
}

/// To a thread, once, by the thread manager. `resume` names the rollout it continues. Answer:
/// `thread_started`.
struct start_session {
  std::optional<load_rollout> resume;
  bool operator==(const start_session&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, start_session& x) {
  return f.object(x).fields(f.field("resume", x.resume));
}

enum class thread_state : std::uint8_t { starting, idle, running, stopping };
template <>
struct enum_texts<thread_state> {
  static constexpr std::array<std::string_view, 4> values{"starting", "idle", "running",
                                                          "stopping"};
};

/// What a thread waits for; every one has a limit (docs/architecture.md).
enum class wait_kind : std::uint8_t {
  nothing,
  rollout,
  model_info,
  model,
  retry_delay,
  tools,
  workspace,
  command_place, ///< its commands, for a place among those that may run at once
};
template <>
struct enum_texts<wait_kind> {
  static constexpr std::array<std::string_view, 8> values{"nothing",   "rollout",      "model_info",
                                                          "model",     "retry_delay",  "tools",
                                                          "workspace", "command_place"};
};

/// One-way to a thread: what its working directory is, for the turn that asked.
struct workspace_described {
  std::string turn;          ///< empty: the session itself
  std::string metadata_json; ///< `x-codex-turn-metadata`; empty: no repository, or not in time
  bool operator==(const workspace_described&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, workspace_described& x) {
  return f.object(x).fields(f.field("turn", x.turn), f.field("metadata_json", x.metadata_json));
}

struct thread_summary {
  thread_id thread;
  thread_state state = thread_state::starting;
  wait_kind waits_for = wait_kind::nothing;
  std::chrono::system_clock::time_point waits_since;
  std::string turn; ///< running turn; empty: none
  std::uint64_t turns = 0;
  token_usage usage;
  session_source source;
  std::string model;
  std::string cwd;
  std::string rollout_path;
  bool operator==(const thread_summary&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, thread_summary& x) {
  return f.object(x).fields(
    f.field("thread", x.thread), f.field("state", x.state), f.field("waits_for", x.waits_for),
    f.field("waits_since", x.waits_since), f.field("turn", x.turn), f.field("turns", x.turns),
    f.field("usage", x.usage), f.field("source", x.source), f.field("model", x.model),
    f.field("cwd", x.cwd), f.field("rollout_path", x.rollout_path));
}

struct thread_status_request {
  thread_id thread;
  bool operator==(const thread_status_request&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, thread_status_request& x) {
  return f.object(x).fields(f.field("thread", x.thread));
}

/// Answer: `thread_list`.
struct list_threads {
  bool operator==(const list_threads&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, list_threads& x) {
  return f.object(x).fields();
}

struct thread_list {
  std::vector<thread_summary> threads;
  bool operator==(const thread_list&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, thread_list& x) {
  return f.object(x).fields(f.field("threads", x.threads));
}

/// Submits `submission` to the thread. Answer: `submitted`.
struct submit_to_thread {
  thread_id thread;
  troupe::submission submission;
  bool operator==(const submit_to_thread&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, submit_to_thread& x) {
  return f.object(x).fields(f.field("thread", x.thread), f.field("submission", x.submission));
}

/// Ends the thread (an open turn is interrupted) and forgets it; its rollout stays. Answer: empty,
/// when it is gone.
struct remove_thread {
  thread_id thread;
  bool operator==(const remove_thread&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, remove_thread& x) {
  return f.object(x).fields(f.field("thread", x.thread));
}

/// Ends all threads. Answer: empty, when the last one is gone. New ones are refused from then on.
struct close_all_threads {
  bool operator==(const close_all_threads&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, close_all_threads& x) {
  return f.object(x).fields();
}

} // namespace troupe
