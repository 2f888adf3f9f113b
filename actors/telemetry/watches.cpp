#include "actors/telemetry/watches.hpp"

#include <chrono>
#include <string>
#include <utility>

namespace troupe::telemetry {

namespace {

using wall_time = std::chrono::system_clock;

/// Whether it was a stream by then; before that, the request's own event tells of the error.
bool has_begun(const model_client::call_facts& call, const model_client::attempt_end& x) {
  return x.status ? *x.status >= 200 && *x.status <= 299 : call.transport != model_transport::http;
}

class request_watch final : public model_client::observer {
public:
  explicit request_watch(request_watch_setup x) : setup_(std::move(x)) {
    if (setup_.logs)
      logs_.emplace(std::move(*setup_.logs));
  }

  std::optional<model_client::trace_context>
  on_attempt(const model_client::call_facts& call) override {
    if (setup_.spans == span_wish::unwanted)
      return std::nullopt;
    return setup_.intake->traces.part_of(call.thread, call.turn);
  }

  void on_attempt_over(const model_client::call_facts& call,
                       const model_client::attempt_end& x) override {
    if (call.trace && setup_.spans == span_wish::wanted)
      put(setup_.intake->spans, request_span(call, x, wall_time::now()));
    if (logs_ && has_begun(call, x) && !x.error.empty())
      put(setup_.intake->logs, logs_->broken(call, x, wall_time::now()));
  }

  void on_request(const model_client::call_facts& call,
                  const model_client::request_report& x) override {
    if (logs_)
      put(setup_.intake->logs, logs_->request(call, x, wall_time::now()));
  }

  void on_sse_poll(const model_client::call_facts& call,
                   const model_client::event_report& x) override {
    if (logs_)
      put(setup_.intake->logs, logs_->sse_event(call, x, wall_time::now()));
  }

  void on_ws_request(const model_client::call_facts& call,
                     const model_client::send_report& x) override {
    if (logs_)
      put(setup_.intake->logs, logs_->ws_request(call, x, wall_time::now()));
  }

  void on_ws_event(const model_client::call_facts& call,
                   const model_client::event_report& x) override {
    if (logs_)
      put(setup_.intake->logs, logs_->ws_event(call, x, wall_time::now()));
  }

  void on_completed(const model_client::call_facts& call,
                    const std::optional<token_usage>& usage) override {
    if (logs_ && usage)
      put(setup_.intake->logs, logs_->completed(call, *usage, wall_time::now()));
  }

  void on_server_timings(const model_client::call_facts&,
                         const model_client::server_timings&) override {}
  void on_fallback_to_http(const thread_id&) override {}

private:
  template <class T>
  void put(inbox<T>& to, T x) {
    if (to.put(std::move(x)) == inbox<T>::next_step::wake_taker)
      setup_.wake();
  }

  request_watch_setup setup_;
  std::optional<request_logs> logs_;
};

span tool_span(const run_tool& call, const model_client::trace_context& context) {
  span result{.trace = context.trace,
              .id = context.span,
              .parent = context.parent,
              .name = "tool",
              .begin = wall_time::now()};
  result.attributes.push_back({"thread.id", to_string(call.thread)});
  result.attributes.push_back({"turn.id", call.turn});
  result.attributes.push_back({"tool.name", call.name.substr(0, max_outside_bytes)});
  result.attributes.push_back({"tool.call_id", call.call_id.substr(0, max_outside_bytes)});
  return result;
}

} // namespace

std::unique_ptr<model_client::observer> watch_requests(request_watch_setup x) {
  return std::make_unique<request_watch>(std::move(x));
}

codex_thread::tool_watch watch_tools(std::shared_ptr<intake> into, wake_up wake) {
  return [into = std::move(into), wake = std::move(wake)](const run_tool& call) {
    const auto context = into->traces.tool(call.thread, call.turn, call.call_id);
    return [into, wake, made = tool_span(call, context)](codex_thread::tool_outcome how) {
      auto ended = made;
      ended.end = wall_time::now();
      ended.status =
        how == codex_thread::tool_outcome::succeeded ? span_status::ok : span_status::error;
      if (into->spans.put(std::move(ended)) == inbox<span>::next_step::wake_taker)
        wake();
    };
  };
}

} // namespace troupe::telemetry
