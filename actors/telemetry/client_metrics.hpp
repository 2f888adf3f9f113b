#pragma once

#include "actors/model_client/observer.hpp"

#include <caf/fwd.hpp>

#include <array>
#include <memory>
#include <optional>

namespace troupe::telemetry {

/// Upper bounds in milliseconds of all histograms of durations; more counts in a last bucket
/// without a bound. From waits for one event of a busy stream (below 1 ms) to the idle limit of a
/// stream (contract responses-client.md 14: 300 s).
inline constexpr std::array<double, 16> duration_bounds{
  1, 5, 10, 25, 50, 100, 250, 500, 1'000, 2'500, 5'000, 10'000, 30'000, 60'000, 120'000, 300'000};

/// Counts in CAF's metric registry what a model client does: the table of contract
/// responses-client.md 13, listed with labels and units in docs/metrics.md.
///
/// Any thread, several at once. An event costs a search in a fixed table, one counter and one
/// histogram; a series is made at its first event. The registry stays bounded: every label has a
/// fixed set of values.
class client_metrics final : public model_client::observer {
public:
  /// The registry outlives this object.
  explicit client_metrics(caf::telemetry::metric_registry& registry);
  ~client_metrics() override;

  std::optional<model_client::trace_context>
  on_attempt(const model_client::call_facts& call) override;
  void on_attempt_over(const model_client::call_facts& call,
                       const model_client::attempt_end& x) override;
  void on_request(const model_client::call_facts& call,
                  const model_client::request_report& x) override;
  void on_sse_poll(const model_client::call_facts& call,
                   const model_client::event_report& x) override;
  void on_ws_request(const model_client::call_facts& call,
                     const model_client::send_report& x) override;
  void on_ws_event(const model_client::call_facts& call,
                   const model_client::event_report& x) override;
  void on_server_timings(const model_client::call_facts& call,
                         const model_client::server_timings& x) override;
  void on_completed(const model_client::call_facts& call,
                    const std::optional<token_usage>& usage) override;
  void on_fallback_to_http(const thread_id& thread) override;

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace troupe::telemetry
