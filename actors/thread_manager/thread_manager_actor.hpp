#pragma once

#include "actors/codex_thread/codex_thread_actor.hpp"
#include "messages/interfaces.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>

/// Starts, finds and ends the threads of a node.
///
/// Owner: the node's root. Anyone may send it anything of its interface; requests about a thread
/// are handed on to it. It monitors each thread and publishes `thread_created` and `thread_closed`
/// to the local group `thread_events_group`. Questions about models go on to the models manager;
/// starts wait until its list is up to date, for one refresh at most (`model_gate`). Bounds:
/// `limits::live_threads`, `limits::starting_threads`; beyond them a start is refused with
/// `errc::queue_full`. Ends: on an exit message, after its threads have ended.
namespace troupe::thread_manager {

inline constexpr const char* thread_events_group = "thread-events";

struct limits {
  std::size_t live_threads = 100'000;   ///< 32 KB each: about 3 GB
  std::size_t starting_threads = 4'096; ///< threads that have not answered yet
};

/// What threads need to know of a provider; none: there is no such id.
using provider_lookup = std::function<std::optional<thread_provider>(const std::string& id)>;

struct dependencies {
  codex_thread::dependencies thread;
  node_name node;
  troupe::thread_manager::limits limits;
  provider_lookup find_provider; ///< empty: there is none to switch to
};

thread_manager_actor spawn(caf::actor_system& sys, dependencies deps);

} // namespace troupe::thread_manager
