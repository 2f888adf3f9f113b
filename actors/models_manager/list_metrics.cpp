#include "actors/models_manager/list_metrics.hpp"

#include <caf/telemetry/metric_registry.hpp>

#include <array>

namespace troupe::models_manager {

namespace {

/// In milliseconds: a file is read in less than one, a fetch takes 5 s at most.
constexpr std::array<double, 9> list_duration_bounds{1, 5, 25, 100, 250, 500, 1'000, 2'500, 5'000};

caf::telemetry::dbl_histogram* list_durations(caf::telemetry::metric_registry& registry,
                                              caf::string_view name, caf::string_view help) {
  return registry.histogram_singleton<double>(
    "codex", name, {list_duration_bounds.data(), list_duration_bounds.size()}, help, "ms");
}

} // namespace

list_metrics::list_metrics(caf::telemetry::metric_registry& registry)
  : fetches_(list_durations(registry, "remote_models_fetch_update_duration",
                            "Fetches of the provider's list of models")),
    loads_(list_durations(registry, "remote_models_load_cache_duration",
                          "Looks into the cache of the list of models")) {}

void list_metrics::record(work what, std::chrono::steady_clock::duration x) const {
  const auto milliseconds = std::chrono::duration<double, std::milli>{x}.count();
  if (what == work::fetch)
    fetches_->observe(milliseconds);
  else if (what == work::load)
    loads_->observe(milliseconds);
}

} // namespace troupe::models_manager
