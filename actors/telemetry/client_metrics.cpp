#include "actors/telemetry/client_metrics.hpp"

#include "actors/telemetry/event_kinds.hpp"

#include <caf/telemetry/counter.hpp>
#include <caf/telemetry/histogram.hpp>
#include <caf/telemetry/label_view.hpp>
#include <caf/telemetry/metric_family_impl.hpp>
#include <caf/telemetry/metric_registry.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace troupe::telemetry {

namespace {

using caf::telemetry::dbl_histogram;
using caf::telemetry::int_counter;
using caf::telemetry::label_view;
using caf::telemetry::metric_registry;

template <class Metric>
using family = caf::telemetry::metric_family_impl<Metric>;

using label_names = std::initializer_list<caf::string_view>;
using labels = std::initializer_list<label_view>;

caf::string_view view(std::string_view x) {
  return {x.data(), x.size()};
}

label_view success_label(bool x) {
  return {"success", x ? "true" : "false"};
}

double milliseconds(std::chrono::microseconds x) {
  return std::chrono::duration<double, std::milli>{x}.count();
}

family<int_counter>* counters(metric_registry& registry, std::string_view name, label_names names,
                              std::string_view help) {
  return registry.counter_family<std::int64_t>("codex", view(name), names, view(help), "1", true);
}

family<dbl_histogram>* durations(metric_registry& registry, std::string_view name,
                                 label_names names, std::string_view help) {
  return registry.histogram_family<double>(
    "codex", view(name), names, {duration_bounds.data(), duration_bounds.size()}, view(help), "ms");
}

/// What happens, and how long each took; one series per set of labels.
class measured {
public:
  measured(metric_registry& registry, const std::string& name, label_names names,
           const std::string& what)
    : counts_(counters(registry, name, names, what)),
      durations_(durations(registry, name + "_duration", names, "Duration: " + what)) {}

  struct series {
    int_counter* count = nullptr;
    dbl_histogram* duration = nullptr;

    void record(std::chrono::microseconds x) const {
      count->inc();
      duration->observe(milliseconds(x));
    }
  };

  /// Locks the family and searches it.
  series find(labels xs) const { return {counts_->get_or_add(xs), durations_->get_or_add(xs)}; }

private:
  family<int_counter>* counts_;
  family<dbl_histogram>* durations_;
};

/// Events by kind and success: thousands per second, so each series is looked up only once.
class measured_events {
public:
  measured_events(metric_registry& registry, const std::string& name, const std::string& what)
    : all_(registry, name, {"kind", "success"}, what) {}

  void record(const model_client::event_report& x) {
    const auto kind = event_kind_index(x.kind);
    auto& known = slots_[kind * 2 + (x.is_success ? 1 : 0)];
    measured::series found{known.count.load(std::memory_order_acquire),
                           known.duration.load(std::memory_order_acquire)};
    if (found.count == nullptr || found.duration == nullptr) {
      found = all_.find({{"kind", view(event_kind_name(kind))}, success_label(x.is_success)});
      known.count.store(found.count, std::memory_order_release);
      known.duration.store(found.duration, std::memory_order_release);
    }
    found.record(x.duration);
  }

private:
  struct slot {
    std::atomic<int_counter*> count{nullptr};
    std::atomic<dbl_histogram*> duration{nullptr};
  };

  measured all_;
  std::array<slot, event_kind_count * 2> slots_;
};

/// "codex.a_b.duration_ms" to "a_b_duration": the registry adds prefix and unit.
std::string timing_name(std::string_view contracted) {
  constexpr std::string_view prefix = "codex.";
  constexpr std::string_view unit = "_ms";
  contracted.remove_prefix(prefix.size());
  contracted.remove_suffix(unit.size());
  std::string result{contracted};
  std::ranges::replace(result, '.', '_');
  return result;
}

std::string status_text(const std::optional<int>& status) {
  if (!status)
    return "none";
  return *status >= 100 && *status <= 599 ? std::to_string(*status) : "other";
}

} // namespace

struct client_metrics::state {
  explicit state(metric_registry& registry)
    : requests(registry, "api_request", {"status", "success"}, "HTTP attempts"),
      sse_events(registry, "sse_event", "Waits for an event of an HTTP stream"),
      ws_requests(registry, "websocket_request", {"success"}, "Requests over WebSocket"),
      ws_events(registry, "websocket_event", "Waits for a WebSocket message"),
      tokens(counters(registry, "tokens", {"type"}, "Tokens of completed responses")),
      fallbacks(counters(registry, "transport_fallback_to_http", {"from_wire_api"},
                         "Threads whose WebSocket was refused for good")
                  ->get_or_add({{"from_wire_api", "responses_websocket"}})) {
    for (std::size_t i = 0; i < model_client::server_timing_count; ++i)
      timings[i] = durations(registry, timing_name(model_client::server_timing_names[i]), {},
                             "Told by the server of itself");
  }

  void count_tokens(std::string_view type, std::int64_t n) const {
    if (n > 0)
      tokens->get_or_add({{"type", view(type)}})->inc(n);
  }

  measured requests;
  measured_events sse_events;
  measured ws_requests;
  measured_events ws_events;
  family<int_counter>* tokens;
  int_counter* fallbacks;
  std::array<family<dbl_histogram>*, model_client::server_timing_count> timings{};
};

client_metrics::client_metrics(metric_registry& registry)
  : state_(std::make_unique<state>(registry)) {}

client_metrics::~client_metrics() = default;

// Attempts are counted when they are answered, not when they end (contract responses-client.md 13).
std::optional<model_client::trace_context>
client_metrics::on_attempt(const model_client::call_facts&) {
  return std::nullopt;
}

void client_metrics::on_attempt_over(const model_client::call_facts&,
                                     const model_client::attempt_end&) {}

void client_metrics::on_request(const model_client::call_facts&,
                                const model_client::request_report& x) {
  const auto status = status_text(x.status);
  state_->requests.find({{"status", view(status)}, success_label(x.is_success())})
    .record(x.duration);
}

void client_metrics::on_sse_poll(const model_client::call_facts&,
                                 const model_client::event_report& x) {
  state_->sse_events.record(x);
}

void client_metrics::on_ws_request(const model_client::call_facts&,
                                   const model_client::send_report& x) {
  state_->ws_requests.find({success_label(x.error.empty())}).record(x.duration);
}

void client_metrics::on_ws_event(const model_client::call_facts&,
                                 const model_client::event_report& x) {
  state_->ws_events.record(x);
}

void client_metrics::on_server_timings(const model_client::call_facts&,
                                       const model_client::server_timings& x) {
  for (std::size_t i = 0; i < x.size(); ++i)
    if (x[i])
      state_->timings[i]->get_or_add(labels{})->observe(static_cast<double>(*x[i]));
}

void client_metrics::on_completed(const model_client::call_facts&,
                                  const std::optional<token_usage>& usage) {
  if (!usage)
    return;
  state_->count_tokens("input", usage->input_tokens);
  state_->count_tokens("cached_input", usage->cached_input_tokens);
  state_->count_tokens("output", usage->output_tokens);
  state_->count_tokens("reasoning_output", usage->reasoning_output_tokens);
}

void client_metrics::on_fallback_to_http(const thread_id&) {
  state_->fallbacks->inc();
}

} // namespace troupe::telemetry
