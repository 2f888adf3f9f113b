#pragma once

#include "messages/errors.hpp"
#include "messages/ids.hpp"
#include "messages/item.hpp"
#include "messages/settings.hpp"
#include "messages/shared_text.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

/// A model call as the thread and the model client speak of it (contract responses-client.md 4 and
/// 6).
namespace troupe {

struct token_usage {
  std::int64_t input_tokens = 0;
  std::int64_t cached_input_tokens = 0;
  std::int64_t output_tokens = 0;
  std::int64_t reasoning_output_tokens = 0;
  std::int64_t total_tokens = 0;
  bool operator==(const token_usage&) const = default;

  token_usage& operator+=(const token_usage& x) {
    input_tokens += x.input_tokens;
    cached_input_tokens += x.cached_input_tokens;
    output_tokens += x.output_tokens;
    reasoning_output_tokens += x.reasoning_output_tokens;
    total_tokens += x.total_tokens;
    return *this;
  }
};

template <class Inspector>
bool inspect(Inspector& f, token_usage& x) {
  return f.object(x).fields(f.field("input_tokens", x.input_tokens),
                            f.field("cached_input_tokens", x.cached_input_tokens),
                            f.field("output_tokens", x.output_tokens),
                            f.field("reasoning_output_tokens", x.reasoning_output_tokens),
                            f.field("total_tokens", x.total_tokens));
}

struct rate_limit_window {
  double used_percent = 0;
  std::optional<std::int64_t> window_minutes;
  std::optional<std::int64_t> resets_at; ///< unix seconds
  bool operator==(const rate_limit_window&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, rate_limit_window& x) {
  return f.object(x).fields(f.field("used_percent", x.used_percent),
                            f.field("window_minutes", x.window_minutes),
                            f.field("resets_at", x.resets_at));
}

struct rate_limit_credits {
  bool has_credits = false;
  bool unlimited = false;
  std::optional<std::string> balance;
  bool operator==(const rate_limit_credits&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, rate_limit_credits& x) {
  return f.object(x).fields(f.field("has_credits", x.has_credits),
                            f.field("unlimited", x.unlimited), f.field("balance", x.balance));
}

struct rate_limits {
  std::optional<rate_limit_window> primary;
  std::optional<rate_limit_window> secondary;
  std::optional<rate_limit_credits> credits;
  std::optional<std::string> plan_type;
  bool operator==(const rate_limits&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, rate_limits& x) {
  return f.object(x).fields(f.field("primary", x.primary), f.field("secondary", x.secondary),
                            f.field("credits", x.credits), f.field("plan_type", x.plan_type));
}

/// How a request travels; the two WebSocket forms differ in how a request continues an earlier one
/// (contract responses-client.md 10.5).
enum class model_transport : std::uint8_t { http, websocket_v1, websocket_v2 };
template <>
struct enum_texts<model_transport> {
  static constexpr std::array<std::string_view, 3> values{"http", "websocket_v1", "websocket_v2"};
};

/// What a thread says of itself with every request: headers, and what the model client may do on
/// its way. Fixed for a session but for `turn` and `turn_metadata`.
struct request_origin {
  std::string turn; ///< id of the thread's turn, which owns the WebSocket connection; empty: none
  model_transport transport = model_transport::http;
  std::string beta_features; ///< `x-codex-beta-features`; empty: none
  std::string turn_metadata; ///< `x-codex-turn-metadata`, compact JSON; empty: none
  std::string subagent;      ///< label for `x-openai-subagent`; empty: none
  bool compression = false;  ///< the feature is on; whether it is used depends on the provider, too
  bool timing_metrics = false; ///< ask a WebSocket server for its timings
  bool operator==(const request_origin&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, request_origin& x) {
  return f.object(x).fields(f.field("turn", x.turn), f.field("transport", x.transport),
                            f.field("beta_features", x.beta_features),
                            f.field("turn_metadata", x.turn_metadata),
                            f.field("subagent", x.subagent), f.field("compression", x.compression),
                            f.field("timing_metrics", x.timing_metrics));
}

/// One `POST {base}/responses`. Texts that end in `_json` are finished JSON that goes into the body
/// as it is; they are shared between requests, threads and turns.
struct model_request {
  thread_id thread;
  std::string provider; ///< id in the provider table of the node that runs the model client
  std::string model;
  shared_text instructions_json;  ///< a JSON string
  shared_text tools_json;         ///< a JSON array
  std::vector<shared_text> input; ///< JSON objects
  /// The model's ids of the input items (empty text: none), or nothing at all. Only providers that
  /// keep responses (Azure) are sent them, so only their threads need to fill this in.
  std::vector<std::string> input_ids;
  bool parallel_tool_calls = false;
  bool reasoning = false; ///< send the `reasoning` object
  std::optional<reasoning_effort> effort;
  std::optional<reasoning_summary> summary;
  std::optional<troupe::verbosity> verbosity;
  shared_text output_schema_json; ///< empty: no schema
  std::string service_tier;       ///< empty: the provider's default
  std::string turn_state;         ///< header of this turn's earlier responses, if any
  request_origin origin;
  bool operator==(const model_request&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, model_request& x) {
  return f.object(x).fields(
    f.field("thread", x.thread), f.field("provider", x.provider), f.field("model", x.model),
    f.field("instructions_json", x.instructions_json), f.field("tools_json", x.tools_json),
    f.field("input", x.input), f.field("input_ids", x.input_ids),
    f.field("parallel_tool_calls", x.parallel_tool_calls), f.field("reasoning", x.reasoning),
    f.field("effort", x.effort), f.field("summary", x.summary), f.field("verbosity", x.verbosity),
    f.field("output_schema_json", x.output_schema_json), f.field("service_tier", x.service_tier),
    f.field("turn_state", x.turn_state), f.field("origin", x.origin));
}

struct stream_created {
  bool operator==(const stream_created&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, stream_created& x) {
  return f.object(x).fields();
}

struct output_item_added {
  response_item item;
  bool operator==(const output_item_added&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, output_item_added& x) {
  return f.object(x).fields(f.field("item", x.item));
}

struct output_item_done {
  response_item item;
  bool operator==(const output_item_done&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, output_item_done& x) {
  return f.object(x).fields(f.field("item", x.item));
}

struct output_text_delta {
  std::string delta;
  bool operator==(const output_text_delta&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, output_text_delta& x) {
  return f.object(x).fields(f.field("delta", x.delta));
}

struct reasoning_summary_delta {
  std::string delta;
  std::int64_t summary_index = 0;
  bool operator==(const reasoning_summary_delta&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, reasoning_summary_delta& x) {
  return f.object(x).fields(f.field("delta", x.delta), f.field("summary_index", x.summary_index));
}

struct reasoning_text_delta {
  std::string delta;
  std::int64_t content_index = 0;
  bool operator==(const reasoning_text_delta&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, reasoning_text_delta& x) {
  return f.object(x).fields(f.field("delta", x.delta), f.field("content_index", x.content_index));
}

struct reasoning_part_added {
  std::int64_t summary_index = 0;
  bool operator==(const reasoning_part_added&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, reasoning_part_added& x) {
  return f.object(x).fields(f.field("summary_index", x.summary_index));
}

struct server_reasoning_included {
  bool included = false;
  bool operator==(const server_reasoning_included&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, server_reasoning_included& x) {
  return f.object(x).fields(f.field("included", x.included));
}

struct rate_limits_seen {
  rate_limits limits;
  bool operator==(const rate_limits_seen&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, rate_limits_seen& x) {
  return f.object(x).fields(f.field("limits", x.limits));
}

struct models_etag_seen {
  std::string etag;
  bool operator==(const models_etag_seen&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, models_etag_seen& x) {
  return f.object(x).fields(f.field("etag", x.etag));
}

/// The provider's `x-codex-turn-state`; the thread replays it on the turn's further requests.
struct turn_state_seen {
  std::string turn_state;
  bool operator==(const turn_state_seen&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, turn_state_seen& x) {
  return f.object(x).fields(f.field("turn_state", x.turn_state));
}

struct response_completed {
  std::string response_id;
  std::optional<token_usage> usage;
  bool operator==(const response_completed&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, response_completed& x) {
  return f.object(x).fields(f.field("response_id", x.response_id), f.field("usage", x.usage));
}

/// The server wants plain HTTP (426 at the WebSocket handshake): the request goes on over HTTP, and
/// the thread asks for nothing else from now on.
struct websocket_refused {
  bool operator==(const websocket_refused&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, websocket_refused& x) {
  return f.object(x).fields();
}

using model_event =
  std::variant<stream_created, output_item_added, output_item_done, output_text_delta,
               reasoning_summary_delta, reasoning_text_delta, reasoning_part_added,
               server_reasoning_included, rate_limits_seen, models_etag_seen, turn_state_seen,
               response_completed, websocket_refused>;

/// Request to the model client; answered by `stream_opened` at once. What follows goes to
/// `consumer` one-way: any number of `model_events`, then exactly one `stream_ended`.
struct open_stream {
  stream_number stream = 0; ///< chosen by the caller, comes back in every message of the stream
  model_request request;
  std::chrono::milliseconds delay{0}; ///< wait before sending: back-off of the turn's retry loop
  std::uint32_t credit = 0;           ///< first grant, in messages
  bool operator==(const open_stream&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, open_stream& x) {
  return f.object(x).fields(f.field("stream", x.stream), f.field("request", x.request),
                            f.field("delay", x.delay), f.field("credit", x.credit));
}

/// The model client's own number for the stream; credit and cancel name it.
struct stream_opened {
  std::uint64_t operation = 0;
  bool operator==(const stream_opened&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, stream_opened& x) {
  return f.object(x).fields(f.field("operation", x.operation));
}

struct stream_credit {
  std::uint64_t operation = 0;
  std::uint32_t messages = 0;
  bool operator==(const stream_credit&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, stream_credit& x) {
  return f.object(x).fields(f.field("operation", x.operation), f.field("messages", x.messages));
}

struct cancel_stream {
  std::uint64_t operation = 0;
  bool operator==(const cancel_stream&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, cancel_stream& x) {
  return f.object(x).fields(f.field("operation", x.operation));
}

/// One-way: connects ahead of a thread's first turn, which takes the connection over; a newer one
/// of the same thread replaces an older one. Never sends a request (contract responses-client.md
/// 10.3).
struct prepare_connection {
  thread_id thread;
  std::string provider;
  request_origin origin;
  bool operator==(const prepare_connection&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, prepare_connection& x) {
  return f.object(x).fields(f.field("thread", x.thread), f.field("provider", x.provider),
                            f.field("origin", x.origin));
}

enum class close_reason : std::uint8_t {
  not_needed,       ///< the turn or the thread is over, or goes elsewhere
  fell_back_to_http ///< the thread's budget for WebSockets is spent
};
template <>
struct enum_texts<close_reason> {
  static constexpr std::array<std::string_view, 2> values{"not_needed", "fell_back_to_http"};
};

/// One-way: the turn is over, its WebSocket connection is closed. An empty turn: everything that is
/// kept for the thread.
struct close_connection {
  thread_id thread;
  std::string turn;
  close_reason reason = close_reason::not_needed;
  bool operator==(const close_connection&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, close_connection& x) {
  return f.object(x).fields(f.field("thread", x.thread), f.field("turn", x.turn),
                            f.field("reason", x.reason));
}

/// What one read from the network brought. Costs one credit.
struct model_events {
  stream_number stream = 0;
  std::vector<model_event> events;
  bool operator==(const model_events&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, model_events& x) {
  return f.object(x).fields(f.field("stream", x.stream), f.field("events", x.events));
}

/// The stream's last message; without an error it follows `response_completed`.
struct stream_ended {
  stream_number stream = 0;
  std::optional<model_error> error;
  std::optional<rate_limits> limits; ///< carried by a usage-limit error
  bool operator==(const stream_ended&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, stream_ended& x) {
  return f.object(x).fields(f.field("stream", x.stream), f.field("error", x.error),
                            f.field("limits", x.limits));
}

} // namespace troupe
