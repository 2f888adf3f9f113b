#pragma once

#include "actors/thread_door/thread_ceiling.hpp"
#include "messages/interfaces.hpp"

#include <caf/fwd.hpp>

#include <cstddef>

/// What other nodes get of this node's threads: they start some, within the node's ceiling, and
/// reach those and no others. It answers for the thread manager itself, so that no handle of the
/// manager or of a thread leaves the node.
///
/// Owner: the command, which ends it before the thread manager. Peers send it what is in
/// `thread_door_actor`. Bounds: `[node] max_threads` threads, `limits::open_requests` requests of
/// each node; beyond them `errc::queue_full`. Ends: on an exit message.
namespace troupe::thread_door {

struct limits {
  std::size_t open_requests = 1024;
};

struct dependencies {
  thread_manager_actor manager;
  troupe::thread_door::ceiling ceiling;
  troupe::thread_door::limits limits;
};

thread_door_actor spawn(caf::actor_system& sys, dependencies deps);

} // namespace troupe::thread_door
