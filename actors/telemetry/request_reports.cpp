#include "actors/telemetry/request_reports.hpp"

#include "messages/wire_enum.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <cstdint>
#include <string_view>
#include <utility>

namespace troupe::telemetry {

namespace {

void add_if_given(std::vector<attribute>& to, std::string_view key, std::string_view value) {
  if (!value.empty())
    to.push_back({key, std::string{value.substr(0, max_outside_bytes)}});
}

void add_number(std::vector<attribute>& to, std::string_view key, std::int64_t value) {
  to.push_back({key, value});
}

void add_duration(std::vector<attribute>& to, std::chrono::microseconds x) {
  add_number(to, "duration_ms", std::chrono::duration_cast<std::chrono::milliseconds>(x).count());
}

/// "2026-02-07T09:15:04.120Z"
std::string utc_text(log_record::time_point x) {
  using namespace std::chrono;
  const auto seconds = floor<std::chrono::seconds>(x);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(system_clock::to_time_t(seconds)),
                     duration_cast<milliseconds>(x - seconds).count());
}

/// One word or code for why: a status stands for itself.
std::string error_type(const model_client::attempt_end& x) {
  if (x.is_success())
    return {};
  return x.error.empty() ? std::to_string(x.status.value_or(0)) : std::string{x.error};
}

} // namespace

span request_span(const model_client::call_facts& call, const model_client::attempt_end& x,
                  span::time_point now) {
  span result{.trace = call.trace->trace,
              .id = call.trace->span,
              .parent = call.trace->parent,
              .name = "model_request",
              .kind = span_kind::client,
              .status = x.is_success() ? span_status::ok : span_status::error,
              .begin = now - x.duration,
              .end = now};
  auto& to = result.attributes;
  if (call.thread != thread_id{})
    add_if_given(to, "thread.id", to_string(call.thread));
  add_if_given(to, "turn.id", call.turn);
  add_if_given(to, "gen_ai.provider.name", call.provider);
  add_if_given(to, "gen_ai.request.model", call.model);
  add_if_given(to, "transport", to_text(call.transport));
  if (x.status)
    add_number(to, "http.response.status_code", *x.status);
  add_number(to, "http.request.resend_count", x.attempt);
  if (x.usage) {
    add_number(to, "gen_ai.usage.input_tokens", x.usage->input_tokens);
    add_number(to, "gen_ai.usage.cached_input_tokens", x.usage->cached_input_tokens);
    add_number(to, "gen_ai.usage.output_tokens", x.usage->output_tokens);
    add_number(to, "gen_ai.usage.reasoning_output_tokens", x.usage->reasoning_output_tokens);
  }
  add_if_given(to, "error.type", error_type(x));
  return result;
}

log_record request_logs::make(std::string_view name, const model_client::call_facts& call,
                              time_point now) const {
  log_record result{.name = name, .at = now, .trace = {}, .span = {}, .attributes = {}};
  if (call.trace) {
    result.trace = call.trace->trace;
    result.span = call.trace->span;
  }
  auto& to = result.attributes;
  to.reserve(16);
  add_if_given(to, "event.name", name);
  add_if_given(to, "event.timestamp", utc_text(now));
  if (call.thread != thread_id{})
    add_if_given(to, "conversation.id", to_string(call.thread));
  add_if_given(to, "app.version", identity_.version);
  if (call.login != login_mode::none)
    add_if_given(to, "auth_mode", to_text(call.login));
  add_if_given(to, "originator", identity_.originator);
  add_if_given(to, "user.account_id", call.account);
  if (!call.account.empty())
    add_if_given(to, "user.email", identity_.email);
  add_if_given(to, "terminal.type", identity_.terminal);
  add_if_given(to, "model", call.model);
  add_if_given(to, "slug", call.model);
  return result;
}

log_record request_logs::request(const model_client::call_facts& call,
                                 const model_client::request_report& x, time_point now) const {
  auto result = make("codex.api_request", call, now);
  add_duration(result.attributes, x.duration);
  if (x.status)
    add_number(result.attributes, "http.response.status_code", *x.status);
  add_if_given(result.attributes, "error.message", x.error);
  add_number(result.attributes, "attempt", x.attempt);
  return result;
}

log_record request_logs::sse_event(const model_client::call_facts& call,
                                   const model_client::event_report& x, time_point now) const {
  auto result = make("codex.sse_event", call, now);
  add_if_given(result.attributes, "event.kind", x.kind);
  add_duration(result.attributes, x.duration);
  add_if_given(result.attributes, "error.message", x.error);
  return result;
}

log_record request_logs::ws_request(const model_client::call_facts& call,
                                    const model_client::send_report& x, time_point now) const {
  auto result = make("codex.websocket_request", call, now);
  add_duration(result.attributes, x.duration);
  result.attributes.push_back({"success", x.error.empty()});
  add_if_given(result.attributes, "error.message", x.error);
  return result;
}

log_record request_logs::ws_event(const model_client::call_facts& call,
                                  const model_client::event_report& x, time_point now) const {
  auto result = make("codex.websocket_event", call, now);
  add_if_given(result.attributes, "event.kind", x.kind);
  add_duration(result.attributes, x.duration);
  result.attributes.push_back({"success", x.is_success});
  add_if_given(result.attributes, "error.message", x.error);
  return result;
}

log_record request_logs::completed(const model_client::call_facts& call, const token_usage& used,
                                   time_point now) const {
  auto result = make("codex.sse_event", call, now);
  add_if_given(result.attributes, "event.kind", "response.completed");
  add_number(result.attributes, "input_token_count", used.input_tokens);
  add_number(result.attributes, "output_token_count", used.output_tokens);
  add_number(result.attributes, "cached_token_count", used.cached_input_tokens);
  add_number(result.attributes, "reasoning_token_count", used.reasoning_output_tokens);
  add_number(result.attributes, "tool_token_count", used.total_tokens);
  return result;
}

log_record request_logs::broken(const model_client::call_facts& call,
                                const model_client::attempt_end& x, time_point now) const {
  auto result = make("codex.sse_event", call, now);
  add_if_given(result.attributes, "event.kind", "response.completed");
  add_if_given(result.attributes, "error.message", x.error);
  return result;
}

} // namespace troupe::telemetry
