#pragma once

#include "actors/model_client/observer.hpp"

#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace troupe::testing {

/// Writes everything down as one line each.
class note_taker final : public model_client::observer {
public:
  /// Of every attempt; to be set before the first one.
  std::optional<model_client::trace_context> span;

  std::optional<model_client::trace_context>
  on_attempt(const model_client::call_facts& call) override {
    note("begun over " + std::string{to_text(call.transport)});
    return span;
  }
  void on_attempt_over(const model_client::call_facts& call,
                       const model_client::attempt_end& x) override {
    note("over " + std::to_string(x.attempt) + ' ' +
         (x.error.empty() ? std::string{"ok"} : "failed: " + std::string{x.error}) + ' ' +
         std::to_string(x.usage ? x.usage->total_tokens : 0) +
         (call.trace == span ? "" : " of another span"));
  }
  void on_request(const model_client::call_facts&, const model_client::request_report& x) override {
    note("request " + std::to_string(x.attempt) + ' ' +
         (x.status ? std::to_string(*x.status) : "none") + (x.is_success() ? " ok" : " failed"));
  }
  void on_sse_poll(const model_client::call_facts&, const model_client::event_report& x) override {
    note("sse " + std::string{x.kind} + (x.is_success ? " ok" : " failed"));
  }
  void on_ws_request(const model_client::call_facts&, const model_client::send_report&) override {
    note("ws request");
  }
  void on_ws_event(const model_client::call_facts&, const model_client::event_report& x) override {
    note("ws " + std::string{x.kind} + (x.is_success ? " ok" : " failed"));
  }
  void on_server_timings(const model_client::call_facts&,
                         const model_client::server_timings&) override {
    note("timings");
  }
  void on_completed(const model_client::call_facts& call,
                    const std::optional<token_usage>& usage) override {
    note("completed " + call.provider + ' ' + std::to_string(usage ? usage->total_tokens : 0));
  }
  void on_fallback_to_http(const thread_id&) override { note("fallback"); }

  std::vector<std::string> notes() const {
    const std::lock_guard guard{mutex_};
    return notes_;
  }

private:
  void note(std::string x) {
    const std::lock_guard guard{mutex_};
    notes_.push_back(std::move(x));
  }

  mutable std::mutex mutex_;
  std::vector<std::string> notes_;
};

} // namespace troupe::testing
