#pragma once

#include "messages/ids.hpp"

#include <caf/fwd.hpp>

#include <memory>
#include <string>

namespace troupe::model_client {
class observer;
struct client_load;
} // namespace troupe::model_client

namespace troupe::telemetry {

/// The metrics of a node: what its model client does, and gauges of its own. Costs nothing but
/// memory until the observer and the load are given to a client.
///
/// Belongs to the node and lives as long as its actor system. Any thread.
class node_metrics {
public:
  explicit node_metrics(caf::actor_system& sys);
  ~node_metrics();
  node_metrics(const node_metrics&) = delete;
  node_metrics& operator=(const node_metrics&) = delete;

  /// For the model client; lives as long as this object.
  model_client::observer& client_observer();

  /// Where the model client writes how much it has in hand.
  std::shared_ptr<model_client::client_load> client_load() const;

  /// Counts the threads of the node `own` from now on: begins before the first thread. The caller
  /// ends the actor.
  caf::actor count_threads(const node_name& own);

  /// All metrics of the node and of CAF in the Prometheus text format, as of now.
  std::string text();

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace troupe::telemetry
