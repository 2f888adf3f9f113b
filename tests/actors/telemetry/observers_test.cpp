#define CAF_SUITE observers
#include <caf/test/bdd_dsl.hpp>

#include "actors/telemetry/client_metrics.hpp"
#include "actors/telemetry/observers.hpp"

#include <caf/telemetry/counter.hpp>
#include <caf/telemetry/metric_family_impl.hpp>
#include <caf/telemetry/metric_registry.hpp>

using namespace troupe;

namespace {

struct watch {
  caf::telemetry::metric_registry registry;
  telemetry::client_metrics metrics{registry};

  std::int64_t fallbacks() {
    return registry
      .counter_family<std::int64_t>("codex", "transport_fallback_to_http", {"from_wire_api"},
                                    "Threads whose WebSocket was refused for good", "1", true)
      ->get_or_add({{"from_wire_api", "responses_websocket"}})
      ->value();
  }
};

} // namespace

SCENARIO("nobody watches: a client has nobody to report to") {
  CHECK(telemetry::observers{}.front() == nullptr);
  CHECK((telemetry::observers{nullptr, nullptr}.front() == nullptr));
}

SCENARIO("one observer is reported to without a detour") {
  watch x;
  CHECK((telemetry::observers{nullptr, &x.metrics}.front() == &x.metrics));
}

SCENARIO("several observers hear everything") {
  watch a;
  watch b;
  telemetry::observers uut{&a.metrics, &b.metrics};
  uut.front()->on_fallback_to_http({});
  CHECK_EQ(a.fallbacks(), 1);
  CHECK_EQ(b.fallbacks(), 1);
}
