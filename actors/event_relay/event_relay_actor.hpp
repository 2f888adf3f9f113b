#pragma once

#include "actors/event_relay/relay_limits.hpp"
#include "messages/interfaces.hpp"

#include <caf/actor.hpp>
#include <caf/expected.hpp>
#include <caf/io/middleman_actor.hpp>

#include <cstdint>
#include <functional>
#include <string>

/// Carries thread events between nodes: what one node's thread manager publishes on the group
/// `thread_events_group` is published on the same group of every node that follows it.
///
/// Owner: the node's root, which starts it after the thread manager and ends it before. Dynamically
/// typed, because it joins a group. Anyone may send it `hello`, `follow`, `relay_credit` and
/// `get_thread_manager`; `add_peer` only as a request from inside the node. Bounds: `limits`. A
/// follower that does not take events in time is cut and starts again from the list. Ends: on an
/// exit message, or with an error when the thread manager cannot be asked; its links end with it.
namespace troupe::net {
class io_pool;
}

namespace troupe::event_relay {

/// Finds out whether something listens at an address and calls `done` once, from any thread.
using reachability_probe =
  std::function<void(const std::string& host, std::uint16_t port, std::function<void(bool)> done)>;

/// The probe of the network side; `pool` must live until the relay's links have ended or it was
/// stopped.
reachability_probe probe_with(const net::io_pool& pool);

struct dependencies {
  thread_manager_actor manager;
  node_name node;

  /// Dials peers: `dialler(system, transport)`.
  caf::io::middleman_actor dialler;

  /// CAF connects synchronously: an address that swallows packets would block every other connect
  /// and publish of the node for minutes. Asked before each dial; empty: dial at once.
  reachability_probe probe;

  event_relay::limits limits;
};

caf::actor spawn(caf::actor_system& sys, dependencies deps);

enum class transport : std::uint8_t { plain, tls };

/// The middleman actor of a transport. The system must have loaded the module.
caf::io::middleman_actor dialler(caf::actor_system& sys, transport x);

/// Lets peers dial the relay. Port 0: the system chooses. Returns the port. Blocks: for `main`, and
/// before the first `add_peer`. An empty address means all interfaces.
caf::expected<std::uint16_t> publish(caf::actor_system& sys, const caf::actor& relay, transport x,
                                     const std::string& address, std::uint16_t port);

} // namespace troupe::event_relay
