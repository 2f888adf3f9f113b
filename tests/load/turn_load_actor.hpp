#pragma once

#include "messages/interfaces.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

/// Starts threads and lets each of them take turns, one after the other and all threads at once, as
/// a fleet does. A turn that fails is counted, and the next one begins.
///
/// Owner: the test, which sends one request and ends the actor. Bounds: `event_window` events per
/// thread.
namespace troupe::test {

/// How turns ended. Written by the actor, read by the test once its request has been answered.
struct turn_tally {
  std::size_t completed = 0;
  std::size_t failed = 0;
  std::size_t retries = 0;                   ///< `stream_error` events
  std::map<std::string, std::size_t> errors; ///< by text
  std::string problem;                       ///< what should not happen; empty: nothing
};

using turn_load_actor = event_sink_actor::extend<
  /// So many threads, so many turns each; a thread is removed after its last one. Answered when all
  /// are gone.
  caf::result<void>(caf::put_atom, std::uint32_t, std::uint32_t)>;

struct turn_load_options {
  thread_manager_actor threads;
  thread_config config; ///< of every thread
  std::shared_ptr<turn_tally> tally;
};

turn_load_actor spawn_turn_load(caf::actor_system& sys, turn_load_options options);

} // namespace troupe::test
