#pragma once

#include "actors/model_client/local_time.hpp"
#include "actors/model_client/request_headers.hpp"
#include "config/credentials.hpp"
#include "config/environment.hpp"
#include "config/providers.hpp"
#include "messages/interfaces.hpp"
#include "net/limits.hpp"
#include "net/wire/sse_parser.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace troupe::net {
class http_client;
}

/// The actor that talks to model providers: requests out, streams of events back.
///
/// Owner: the node's root. Anyone may open a stream for a consumer; credit and cancel name the
/// operation. Bounds: `limits::open_streams`, beyond which `open_stream` is answered with
/// `errc::queue_full`; what a stream buffers is bounded by one event and by the consumer's credit.
/// Waits: back-off, connection, response head, next event; each is a limit of the network side and
/// ends as an error of the stream. A consumer is monitored while its stream is open; when it is
/// gone the stream is dropped. Ends: on an exit message; open streams are then cancelled and their
/// consumers told.
///
/// Per stream a consumer gets `model_events` in order and then `stream_ended` exactly once. It may
/// get them before the answer to its request.
namespace troupe::model_client {

struct limits {
  /// 10,000 threads may have a stream in flight at once (design, section 8); twice that is refused.
  std::size_t open_streams = 20'000;

  std::chrono::milliseconds connect = net::connect_limit;

  /// The provider's idle limit counts instead when it is longer: local servers load a model before
  /// they answer.
  std::chrono::milliseconds head = net::response_head_limit;

  std::size_t event_bytes = net::sse_parser::default_max_event_bytes;
};

struct dependencies {
  net::http_client* http = nullptr; ///< outlives the actor
  config::provider_table providers;
  config::environment environment; ///< keys and headers of providers, read at each request
  std::optional<config::login> login;
  auth_manager_actor auth; ///< of the same node
  client_identity identity;
  model_client::limits limits;
  wall_clock clock = system_clock();
  std::uint64_t jitter_seed = 0; ///< of the back-off between attempts
};

model_client_actor spawn(caf::actor_system& sys, dependencies deps);

} // namespace troupe::model_client
