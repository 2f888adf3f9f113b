#pragma once

#include "actors/rollout_recorder/rollout_table.hpp"
#include "messages/interfaces.hpp"

#include <caf/fwd.hpp>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>

/// The actor that writes and reads rollouts: the only record of a thread, and what it is resumed
/// from (contract rollouts.md).
///
/// Owner: the node's root. Threads create or load their rollout, append, and close it; anyone may
/// list. One file is written by one job at a time, so its lines never overlap or change order; what
/// is appended meanwhile goes into the next write. Appends may be sent before the answer to create
/// or load. An append is answered after write() returned: what was answered survives a kill -9.
///
/// A failed write (disk full, read-only) answers the appends in it and those queued behind it with
/// `errc::rollout_unwritable` and the cause. The file stays known: later appends are tried again,
/// and start on a line of their own.
///
/// Bounds: `limits`; beyond them the answer is `errc::queue_full`. Ends: on an exit message, after
/// everything queued is written, at most `limits::flush` later; requests meanwhile get
/// `errc::shutting_down`.
namespace troupe::rollout_recorder {

struct limits {
  table_limits table;
  std::size_t waiting_operations = 65'536; ///< create, load and list, not yet begun
  std::size_t parallel_operations = 4;     ///< a load may hold hundreds of megabytes
  std::chrono::milliseconds flush{10'000}; ///< of everything queued, at the end
};

struct dependencies {
  std::filesystem::path home; ///< state directory; rollouts go to its folder `sessions`
  std::string originator;     ///< for threads that name none
  std::string cli_version;
  /// Called on pool threads, too.
  std::function<std::chrono::system_clock::time_point()> clock = std::chrono::system_clock::now;
  /// Runs blocking work on another thread (`net::blocking_pool::post`) or, in tests, at once. It
  /// must outlive the actor and run everything it is given.
  std::function<void(std::function<void()>)> post;
  rollout_recorder::limits limits;
};

rollout_recorder_actor spawn(caf::actor_system& sys, dependencies deps);

} // namespace troupe::rollout_recorder
