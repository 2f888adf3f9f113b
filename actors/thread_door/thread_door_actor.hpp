#pragma once

#include "actors/thread_door/thread_ceiling.hpp"
#include "messages/interfaces.hpp"

#include <caf/fwd.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>

/// What other nodes get of this node's threads: they start some, within the node's ceiling, and
/// reach those and no others. It answers for the thread manager itself, so that no handle of the
/// manager or of a thread leaves the node.
///
/// Owner: the command, which ends it before the thread manager. Peers send it what is in
/// `thread_door_actor`. Bounds: `[node] max_threads` threads, a share of them for each member,
/// `limits::open_requests` requests of each node; beyond them `errc::queue_full`. Idle threads of a
/// node that is gone are closed after `limits::patience`; their rollouts stay. Ends: on an exit
/// message.
namespace troupe::thread_door {

struct limits {
  std::size_t open_requests = 1024;

  /// Since the last link of the node that started a thread, in that life, and since the last use.
  std::chrono::milliseconds patience{std::chrono::minutes{10}};
  std::chrono::milliseconds look{std::chrono::minutes{1}};
};

struct dependencies {
  thread_manager_actor manager;
  troupe::thread_door::ceiling ceiling;

  /// The member behind a node id, by its certificate; none: it has no link. Empty, without links:
  /// the node id is the name.
  std::function<std::optional<std::string>(const caf::node_id&)> name_of;
  troupe::thread_door::limits limits;
};

thread_door_actor spawn(caf::actor_system& sys, dependencies deps);

} // namespace troupe::thread_door
