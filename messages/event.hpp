#pragma once

#include "messages/exec_event.hpp"
#include "messages/ids.hpp"
#include "messages/item.hpp"
#include "messages/model_stream.hpp"
#include "messages/op.hpp"
#include "messages/settings.hpp"
#include "messages/shared_text.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

/// What a thread tells its subscribers (contract threads.md 19). JSON forms:
/// messages/json/event_json.hpp.
namespace troupe {

struct session_configured {
  thread_id session_id;
  std::optional<thread_id> forked_from_id;
  std::string model;
  std::string model_provider_id;
  troupe::approval_policy approval_policy = approval_policy::on_request;
  troupe::sandbox_policy sandbox_policy;
  std::string cwd;
  std::optional<troupe::reasoning_effort> reasoning_effort;
  std::vector<shared_text> initial_messages_json; ///< recorded event messages of a resumed thread
  std::string rollout_path;                       ///< empty: ephemeral
  bool operator==(const session_configured&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, session_configured& x) {
  return f.object(x).fields(
    f.field("session_id", x.session_id), f.field("forked_from_id", x.forked_from_id),
    f.field("model", x.model), f.field("model_provider_id", x.model_provider_id),
    f.field("approval_policy", x.approval_policy), f.field("sandbox_policy", x.sandbox_policy),
    f.field("cwd", x.cwd), f.field("reasoning_effort", x.reasoning_effort),
    f.field("initial_messages_json", x.initial_messages_json),
    f.field("rollout_path", x.rollout_path));
}

struct task_started {
  std::optional<std::int64_t> model_context_window;
  mode_kind mode = mode_kind::default_mode;
  bool operator==(const task_started&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, task_started& x) {
  return f.object(x).fields(f.field("model_context_window", x.model_context_window),
                            f.field("mode", x.mode));
}

struct task_complete {
  std::optional<std::string> last_agent_message;
  bool operator==(const task_complete&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, task_complete& x) {
  return f.object(x).fields(f.field("last_agent_message", x.last_agent_message));
}

enum class abort_reason : std::uint8_t { interrupted, replaced, review_ended };
template <>
struct enum_texts<abort_reason> {
  static constexpr std::array<std::string_view, 3> values{"interrupted", "replaced",
                                                          "review_ended"};
};

struct turn_aborted {
  abort_reason reason = abort_reason::interrupted;
  bool operator==(const turn_aborted&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, turn_aborted& x) {
  return f.object(x).fields(f.field("reason", x.reason));
}

struct token_usage_info {
  token_usage total;
  token_usage last;
  std::optional<std::int64_t> model_context_window;
  bool operator==(const token_usage_info&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, token_usage_info& x) {
  return f.object(x).fields(f.field("total", x.total), f.field("last", x.last),
                            f.field("model_context_window", x.model_context_window));
}

struct token_count {
  std::optional<token_usage_info> usage;
  std::optional<troupe::rate_limits> rate_limits;
  bool operator==(const token_count&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, token_count& x) {
  return f.object(x).fields(f.field("usage", x.usage), f.field("rate_limits", x.rate_limits));
}

/// `codex_error_info` of contract threads.md 19.6 for the codes used so far.
enum class error_class : std::uint8_t {
  other,
  context_window_exceeded,
  usage_limit_exceeded,
  internal_server_error,
  unauthorized,
  bad_request,
  sandbox_error,
  model_cap,
  http_connection_failed,
  response_stream_connection_failed,
  response_stream_disconnected,
  response_too_many_failed_attempts
};
template <>
struct enum_texts<error_class> {
  static constexpr std::array<std::string_view, 12> values{"other",
                                                           "context_window_exceeded",
                                                           "usage_limit_exceeded",
                                                           "internal_server_error",
                                                           "unauthorized",
                                                           "bad_request",
                                                           "sandbox_error",
                                                           "model_cap",
                                                           "http_connection_failed",
                                                           "response_stream_connection_failed",
                                                           "response_stream_disconnected",
                                                           "response_too_many_failed_attempts"};
};

/// The turn failed; `task_complete` follows.
struct turn_error {
  std::string message;
  error_class info = error_class::other;
  std::optional<std::uint16_t> http_status;
  std::string capped_model;                       ///< of `model_cap`
  std::optional<std::int64_t> cap_resets_seconds; ///< of `model_cap`: from now on
  bool operator==(const turn_error&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, turn_error& x) {
  return f.object(x).fields(
    f.field("message", x.message), f.field("info", x.info), f.field("http_status", x.http_status),
    f.field("capped_model", x.capped_model), f.field("cap_resets_seconds", x.cap_resets_seconds));
}

/// A model call failed and is tried again.
struct stream_error {
  std::string message; ///< "Reconnecting... n/max"
  std::optional<std::uint16_t> http_status;
  std::string additional_details; ///< the error's text
  bool operator==(const stream_error&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, stream_error& x) {
  return f.object(x).fields(f.field("message", x.message), f.field("http_status", x.http_status),
                            f.field("additional_details", x.additional_details));
}

struct warning {
  std::string message;
  bool operator==(const warning&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, warning& x) {
  return f.object(x).fields(f.field("message", x.message));
}

struct background_event {
  std::string message;
  bool operator==(const background_event&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, background_event& x) {
  return f.object(x).fields(f.field("message", x.message));
}

struct shutdown_complete {
  bool operator==(const shutdown_complete&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, shutdown_complete& x) {
  return f.object(x).fields();
}

struct user_message_item {
  std::string id;
  std::vector<input_item> content;
  bool operator==(const user_message_item&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, user_message_item& x) {
  return f.object(x).fields(f.field("id", x.id), f.field("content", x.content));
}

struct agent_message_item {
  std::string id;
  std::string text;
  std::string phase; ///< "commentary", "final_answer" or empty
  bool operator==(const agent_message_item&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, agent_message_item& x) {
  return f.object(x).fields(f.field("id", x.id), f.field("text", x.text),
                            f.field("phase", x.phase));
}

struct reasoning_item {
  std::string id;
  std::vector<std::string> summary_text;
  std::vector<std::string> raw_content;
  bool operator==(const reasoning_item&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, reasoning_item& x) {
  return f.object(x).fields(f.field("id", x.id), f.field("summary_text", x.summary_text),
                            f.field("raw_content", x.raw_content));
}

struct web_search_item {
  std::string id;
  std::string query;
  shared_text action_json;
  bool operator==(const web_search_item&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, web_search_item& x) {
  return f.object(x).fields(f.field("id", x.id), f.field("query", x.query),
                            f.field("action_json", x.action_json));
}

/// The history is being replaced by a shorter one.
struct context_compaction_item {
  std::string id;
  bool operator==(const context_compaction_item&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, context_compaction_item& x) {
  return f.object(x).fields(f.field("id", x.id));
}

using turn_item = std::variant<user_message_item, agent_message_item, reasoning_item,
                               web_search_item, context_compaction_item>;

struct item_started {
  turn_item item;
  bool operator==(const item_started&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, item_started& x) {
  return f.object(x).fields(f.field("item", x.item));
}

struct item_completed {
  turn_item item;
  bool operator==(const item_completed&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, item_completed& x) {
  return f.object(x).fields(f.field("item", x.item));
}

struct raw_response_item {
  response_item item;
  bool operator==(const raw_response_item&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, raw_response_item& x) {
  return f.object(x).fields(f.field("item", x.item));
}

struct agent_message_delta {
  std::string item_id;
  std::string delta;
  bool operator==(const agent_message_delta&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, agent_message_delta& x) {
  return f.object(x).fields(f.field("item_id", x.item_id), f.field("delta", x.delta));
}

struct reasoning_delta {
  std::string item_id;
  std::string delta;
  std::int64_t summary_index = 0;
  bool operator==(const reasoning_delta&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, reasoning_delta& x) {
  return f.object(x).fields(f.field("item_id", x.item_id), f.field("delta", x.delta),
                            f.field("summary_index", x.summary_index));
}

struct reasoning_raw_delta {
  std::string item_id;
  std::string delta;
  std::int64_t content_index = 0;
  bool operator==(const reasoning_raw_delta&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, reasoning_raw_delta& x) {
  return f.object(x).fields(f.field("item_id", x.item_id), f.field("delta", x.delta),
                            f.field("content_index", x.content_index));
}

struct reasoning_section_break {
  std::string item_id;
  std::int64_t summary_index = 0;
  bool operator==(const reasoning_section_break&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, reasoning_section_break& x) {
  return f.object(x).fields(f.field("item_id", x.item_id),
                            f.field("summary_index", x.summary_index));
}

using event_msg =
  std::variant<session_configured, task_started, task_complete, turn_aborted, token_count,
               turn_error, stream_error, warning, background_event, shutdown_complete, item_started,
               item_completed, raw_response_item, agent_message_delta, reasoning_delta,
               reasoning_raw_delta, reasoning_section_break, exec_command_begin, exec_output_delta,
               exec_command_end, terminal_interaction, patch_apply_begin, patch_apply_end,
               turn_diff, plan_update>;

/// One event of a thread. `number` counts from 1 without gaps, so that a subscriber sees what it
/// missed.
struct event {
  std::uint64_t number = 0;
  std::string turn; ///< id of the submission that caused it; empty: the session itself
  event_msg msg;
  bool operator==(const event&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, event& x) {
  return f.object(x).fields(f.field("number", x.number), f.field("turn", x.turn),
                            f.field("msg", x.msg));
}

/// Consecutive events of one thread to one subscriber. Costs one credit per event.
struct event_batch {
  thread_id thread;
  std::vector<event> events;
  bool operator==(const event_batch&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, event_batch& x) {
  return f.object(x).fields(f.field("thread", x.thread), f.field("events", x.events));
}

/// Events `first` to `last` were dropped because the subscriber had no credit left and its queue
/// was full.
struct events_lagged {
  thread_id thread;
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  bool operator==(const events_lagged&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, events_lagged& x) {
  return f.object(x).fields(f.field("thread", x.thread), f.field("first", x.first),
                            f.field("last", x.last));
}

} // namespace troupe
