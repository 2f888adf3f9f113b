#pragma once

#include "actors/telemetry/watches.hpp"
#include "config/otel.hpp"
#include "messages/interfaces.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace troupe::net {
class http_client;
}

/// The actor that makes spans of a node's turns, and sends them, what the watches see and log
/// events to an OpenTelemetry collector.
///
/// Owner: the node. It subscribes to each thread of the node, without deltas, and takes what
/// `watch_requests` and `watch_tools` leave in the intake; a turn never waits for it. Bounds:
/// `outbox::max_queued` spans and as many log records, older ones are dropped; the intake's; a
/// thread's events by the credit it gives. Waits: an export, `export_limit`. Ends: when the thread
/// manager has ended, after what is left was sent or `flush_limit` is over; at once on an exit
/// message.
namespace troupe::telemetry {

/// What is exported, each to a place of its own.
enum class signal : std::uint8_t { spans, logs };

using telemetry_actor = caf::typed_actor<
  /// From the node's group of thread events.
  caf::result<void>(thread_created),
  /// From the same.
  caf::result<void>(thread_closed),
  /// From a thread that is followed.
  caf::result<void>(event_batch),
  /// From the same: spans may lack their end until the turn's.
  caf::result<void>(events_lagged),
  /// Whose threads are followed; told once, before the first one.
  caf::result<void>(thread_manager_actor),
  /// There is something in the intake.
  caf::result<void>(caf::update_atom),
  /// An export of that `signal` is over: its HTTP status, 0: there was no answer.
  caf::result<void>(std::uint8_t, std::int32_t)>;

/// What is less than a full batch waits this long for more.
inline constexpr std::chrono::seconds export_interval{5};

/// A whole export. Nobody waits for it, but the next one.
inline constexpr std::chrono::seconds export_limit{10};

/// What is left at the end of the node may take this long.
inline constexpr std::chrono::seconds flush_limit{2};

struct telemetry_dependencies {
  net::http_client* http = nullptr; ///< outlives the actor
  config::otel_settings settings;
  std::string version; ///< of the program
  node_name node;
  std::shared_ptr<telemetry::intake> intake; ///< the actor is the only one who takes
  std::chrono::milliseconds flush = flush_limit;
};

telemetry_actor spawn(caf::actor_system& sys, telemetry_dependencies deps);

/// For the watches. Holds the handle.
wake_up waker(const telemetry_actor& x);

} // namespace troupe::telemetry
