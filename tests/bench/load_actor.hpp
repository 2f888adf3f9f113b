#pragma once

#include "messages/interfaces.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

/// Starts threads and gives them turns, as a front end would: one subscription per thread, credit
/// as events are used, the next turn when one is complete.
///
/// Owner: the benchmark's `main`, which sends one request at a time and ends it. Bounds:
/// `start_window` starts under way; `event_window` events per thread. An event that says that a
/// turn failed fails the request.
namespace troupe::bench {

/// Below the thread manager's limit of starting threads.
inline constexpr std::size_t start_window = 1024;

/// Credit of a subscription; given back when half of it is used.
inline constexpr std::uint32_t event_window = 256;

using load_actor = event_sink_actor::extend<
  /// Starts so many threads, which take the place of those started before. Answered when all have
  /// started.
  caf::result<void>(caf::spawn_atom, std::uint32_t),
  /// Subscribes to them.
  caf::result<void>(caf::subscribe_atom),
  /// Each of them takes so many turns, all threads at once. Answered when the last turn is
  /// complete.
  caf::result<void>(caf::put_atom, std::uint32_t)>;

struct load_options {
  thread_manager_actor threads;
  thread_config config; ///< of every thread
  std::string prompt;   ///< of every turn
};

load_actor spawn_load(caf::actor_system& sys, load_options options);

} // namespace troupe::bench
