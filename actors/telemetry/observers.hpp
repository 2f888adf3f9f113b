#pragma once

#include "actors/model_client/observer.hpp"

#include <initializer_list>
#include <optional>
#include <vector>

namespace troupe::telemetry {

/// Several observers as one. They outlive it.
class observers final : public model_client::observer {
public:
  /// Null ones are left out.
  observers(std::initializer_list<model_client::observer*> all) {
    for (auto* x : all)
      if (x != nullptr)
        all_.push_back(x);
  }

  /// What a client is to report to; null: nobody watches.
  model_client::observer* front() {
    if (all_.size() > 1)
      return this;
    return all_.empty() ? nullptr : all_.front();
  }

  /// The first one that has a span says which.
  std::optional<model_client::trace_context>
  on_attempt(const model_client::call_facts& call) override {
    std::optional<model_client::trace_context> result;
    for (auto* o : all_)
      if (const auto x = o->on_attempt(call); x && !result)
        result = x;
    return result;
  }
  void on_attempt_over(const model_client::call_facts& call,
                       const model_client::attempt_end& x) override {
    for (auto* o : all_)
      o->on_attempt_over(call, x);
  }
  void on_request(const model_client::call_facts& call,
                  const model_client::request_report& x) override {
    for (auto* o : all_)
      o->on_request(call, x);
  }
  void on_sse_poll(const model_client::call_facts& call,
                   const model_client::event_report& x) override {
    for (auto* o : all_)
      o->on_sse_poll(call, x);
  }
  void on_ws_request(const model_client::call_facts& call,
                     const model_client::send_report& x) override {
    for (auto* o : all_)
      o->on_ws_request(call, x);
  }
  void on_ws_event(const model_client::call_facts& call,
                   const model_client::event_report& x) override {
    for (auto* o : all_)
      o->on_ws_event(call, x);
  }
  void on_server_timings(const model_client::call_facts& call,
                         const model_client::server_timings& x) override {
    for (auto* o : all_)
      o->on_server_timings(call, x);
  }
  void on_completed(const model_client::call_facts& call,
                    const std::optional<token_usage>& usage) override {
    for (auto* o : all_)
      o->on_completed(call, usage);
  }
  void on_fallback_to_http(const thread_id& thread) override {
    for (auto* o : all_)
      o->on_fallback_to_http(thread);
  }

private:
  std::vector<model_client::observer*> all_;
};

} // namespace troupe::telemetry
