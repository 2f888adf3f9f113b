#pragma once

#include <caf/fwd.hpp>
#include <caf/telemetry/histogram.hpp>

#include <chrono>

namespace troupe::models_manager {

/// How long refreshes of the list of models take (contract models-manager.md 6), in CAF's metric
/// registry: `codex_remote_models_fetch_update_duration_ms` and
/// `codex_remote_models_load_cache_duration_ms`. Those that fail count, too.
class list_metrics {
public:
  /// `registry` must live longer.
  explicit list_metrics(caf::telemetry::metric_registry& registry);

  enum class work : std::uint8_t { fetch, load, other };

  void record(work what, std::chrono::steady_clock::duration x) const;

private:
  caf::telemetry::dbl_histogram* fetches_;
  caf::telemetry::dbl_histogram* loads_;
};

} // namespace troupe::models_manager
