#pragma once

#include "config/otel.hpp"
#include "messages/interfaces.hpp"

#include <caf/timespan.hpp>
#include <caf/timestamp.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace troupe::model_client {
class observer;
}
namespace troupe::net {
class http_client;
}

/// The actor that makes spans of a node's turns and sends them to an OpenTelemetry collector.
///
/// Owner: the node. It subscribes to each thread of the node, without deltas, and hears of requests
/// from `watch_requests`; a turn never waits for it. Bounds: `span_outbox::max_queued` spans, older
/// ones are dropped; a thread's events by the credit it gives. Waits: an export, `export_limit`.
/// Ends: when the thread manager has ended, after what is left was sent or `flush_limit` is over;
/// at once on an exit message.
namespace troupe::telemetry {

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
  /// From `watch_requests`: provider, model, attempt, status (0: none), success, begin, duration.
  caf::result<void>(thread_id, std::string, std::string, std::uint32_t, std::int32_t, bool,
                    caf::timestamp, caf::timespan),
  /// An export is over: its HTTP status, 0: there was no answer.
  caf::result<void>(std::int32_t)>;

/// What is less than a full batch waits this long for more.
inline constexpr std::chrono::seconds export_interval{5};

/// A whole export. Nobody waits for it, but the next one.
inline constexpr std::chrono::seconds export_limit{10};

/// What is left at the end of the node may take this long.
inline constexpr std::chrono::seconds flush_limit{2};

struct span_dependencies {
  net::http_client* http = nullptr; ///< outlives the actor
  config::otel_settings settings;
  std::string version; ///< of the program
  node_name node;
  std::uint64_t seed = 0; ///< of the ids
  std::chrono::milliseconds flush = flush_limit;
};

telemetry_actor spawn(caf::actor_system& sys, span_dependencies deps);

/// Tells `to` of each attempt at a model, over HTTP or WebSocket. Holds the handle.
std::unique_ptr<model_client::observer> watch_requests(const telemetry_actor& to);

} // namespace troupe::telemetry
