#include "actors/telemetry/node_metrics.hpp"

#include "actors/common/event_tap.hpp"
#include "actors/common/harden.hpp"
#include "actors/model_client/client_context.hpp"
#include "actors/telemetry/client_metrics.hpp"
#include "actors/telemetry/open_sockets.hpp"

#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/group.hpp>
#include <caf/telemetry/collector/prometheus.hpp>
#include <caf/telemetry/metric_registry.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <atomic>
#include <string_view>

namespace troupe::telemetry {

namespace {

using caf::telemetry::int_gauge;

int_gauge* gauge(caf::actor_system& sys, const char* name, const char* help) {
  return sys.metrics().gauge_singleton<std::int64_t>("troupe", name, help);
}

/// Peers' threads are told of on the same group.
thread_events_actor::behavior_type thread_counter(thread_events_actor::pointer self,
                                                  const node_name& own, int_gauge* live) {
  harden(self);
  return {
    [own, live](const thread_created& x) {
      if (x.node == own)
        live->inc();
    },
    [own, live](const thread_closed& x) {
      if (x.node == own)
        live->dec();
    },
  };
}

} // namespace

struct node_metrics::state {
  explicit state(caf::actor_system& x)
    : system(x), client(x.metrics()),
      open_streams(gauge(x, "open_streams", "Calls to model providers that are open")),
      waiting_requests(gauge(x, "waiting_requests", "Requests held back by the rate governor")),
      live_threads(gauge(x, "live_threads", "Threads that live on this node")),
      sockets(gauge(x, "open_sockets", "Sockets of this process")) {}

  caf::actor_system& system;
  client_metrics client;
  std::shared_ptr<model_client::client_load> load = std::make_shared<model_client::client_load>();
  int_gauge* open_streams;
  int_gauge* waiting_requests;
  int_gauge* live_threads;
  int_gauge* sockets;
};

node_metrics::node_metrics(caf::actor_system& sys) : state_(std::make_unique<state>(sys)) {}

node_metrics::~node_metrics() = default;

model_client::observer& node_metrics::client_observer() {
  return state_->client;
}

std::shared_ptr<model_client::client_load> node_metrics::client_load() const {
  return state_->load;
}

caf::actor node_metrics::count_threads(const node_name& own) {
  auto counter = state_->system.spawn(thread_counter, own, state_->live_threads);
  state_->system.spawn(event_tap, state_->system.groups().get_local(thread_events_group), counter);
  return caf::actor_cast<caf::actor>(counter);
}

std::string node_metrics::text() {
  state_->open_streams->value(state_->load->open_streams.load(std::memory_order_relaxed));
  state_->waiting_requests->value(state_->load->waiting_requests.load(std::memory_order_relaxed));
  if (const auto sockets = open_sockets())
    state_->sockets->value(*sockets);
  // One collector per scrape: it keeps a buffer, and scrapes may overlap.
  caf::telemetry::collector::prometheus collector;
  const auto result = collector.collect_from(state_->system.metrics());
  return {result.data(), result.size()};
}

} // namespace troupe::telemetry
