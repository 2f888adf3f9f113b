#pragma once

#include "actors/model_client/trace_context.hpp"
#include "messages/auth.hpp"
#include "messages/ids.hpp"
#include "messages/model_stream.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

/// What a model client can be watched doing (contract responses-client.md 13).
namespace troupe::model_client {

/// Which call a report is about.
struct call_facts {
  thread_id thread;
  std::string provider;
  std::string model;
  std::string turn = {}; ///< of the thread; empty: it is not known which
  model_transport transport = model_transport::http;
  login_mode login = login_mode::none; ///< that the request is sent with
  std::string account = {};            ///< of a ChatGPT login; else empty
  /// The span of the attempt; what `observer::on_attempt` said.
  std::optional<trace_context> trace = {};
};

/// One HTTP attempt, not those of handshakes. Reported when its head has arrived (streams), its
/// body has (calls that answer in one piece), or it has failed.
struct request_report {
  std::uint32_t attempt = 0; ///< counts from 0
  std::optional<int> status; ///< none: a network error
  std::string_view error;    ///< empty: there was an answer
  std::chrono::microseconds duration{0};

  bool is_success() const { return status && *status >= 200 && *status <= 299 && error.empty(); }
};

/// An attempt that is over: its last event has come, or none will.
struct attempt_end {
  std::uint32_t attempt = 0; ///< counts from 0
  std::optional<int> status; ///< of HTTP, also of a refused handshake; none: there was no answer
  std::string_view error;    ///< a few words of ours, never a provider's; empty: there is none
  std::optional<token_usage> usage;      ///< of a completed response
  std::chrono::microseconds duration{0}; ///< since it was begun, handshake included

  bool is_success() const {
    return error.empty() && (!status || (*status >= 200 && *status <= 299));
  }
};

/// One wait for an event of a stream. `kind`: the name of the SSE event, or the type of the
/// WebSocket message; `unknown` when there was none, `parse_error` for a message that is not JSON.
struct event_report {
  std::string_view kind;
  bool is_success = true;
  std::string_view error; ///< empty: none
  std::chrono::microseconds duration{0};
};

/// One WebSocket request that was sent, or was not.
struct send_report {
  std::string_view error; ///< empty: none
  std::chrono::microseconds duration{0};
};

/// Durations that a server tells of itself, in milliseconds, in the order of `server_timing_names`.
inline constexpr std::size_t server_timing_count = 6;
using server_timings = std::array<std::optional<std::int64_t>, server_timing_count>;

/// The histograms of the timings; behind each stands the member of the event that feeds it.
inline constexpr std::array<std::string_view, server_timing_count> server_timing_names{
  "codex.responses_api_overhead.duration_ms",
  "codex.responses_api_inference_time.duration_ms",
  "codex.responses_api_engine_iapi_ttft.duration_ms",
  "codex.responses_api_engine_service_ttft.duration_ms",
  "codex.responses_api_engine_iapi_tbt.duration_ms",
  "codex.responses_api_engine_service_tbt.duration_ms"};

/// Watches. Called on I/O threads, several at once: must be quick, must not block or throw.
/// Handshakes, `/models` and token refreshes are not reported.
class observer {
public:
  observer() = default;
  observer(const observer&) = delete;
  observer& operator=(const observer&) = delete;
  virtual ~observer() = default;

  /// An attempt begins: its request is sent with the span that this returns in its headers. Called
  /// by the actor. None: with none.
  virtual std::optional<trace_context> on_attempt(const call_facts& call) = 0;

  /// It is over; once per `on_attempt`, after all other reports of it but perhaps that of its
  /// sending over WebSocket.
  virtual void on_attempt_over(const call_facts& call, const attempt_end& x) = 0;

  virtual void on_request(const call_facts& call, const request_report& x) = 0;
  virtual void on_sse_poll(const call_facts& call, const event_report& x) = 0;
  virtual void on_ws_request(const call_facts& call, const send_report& x) = 0;
  virtual void on_ws_event(const call_facts& call, const event_report& x) = 0;
  virtual void on_server_timings(const call_facts& call, const server_timings& x) = 0;

  /// A response is complete; `usage` as the provider tells it.
  virtual void on_completed(const call_facts& call, const std::optional<token_usage>& usage) = 0;

  /// A thread's requests go over HTTP from now on: the server wants so, or its budget is spent.
  virtual void on_fallback_to_http(const thread_id& thread) = 0;
};

} // namespace troupe::model_client
