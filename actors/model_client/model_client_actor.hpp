#pragma once

#include "actors/model_client/client_context.hpp"
#include "config/credentials.hpp"
#include "messages/interfaces.hpp"

#include <cstdint>
#include <optional>

/// The actor that talks to model providers: requests out, streams of events back.
///
/// Owner: the node's root. Anyone may open a stream for a consumer; credit and cancel name the
/// operation. Bounds: `limits::open_streams` and `limits::open_calls`, beyond which the answer is
/// `errc::queue_full`; `limits::connections`; what a stream buffers is bounded by one event and by
/// the consumer's credit. Waits: the login, the governor, back-off, connection, response head, next
/// event; each is a limit of its own and ends as an error of the stream. A consumer is monitored
/// while its stream is open; when it is gone the stream is dropped. Ends: on an exit message; open
/// streams are then cancelled and their consumers told.
///
/// Per stream a consumer gets `model_events` in order and then `stream_ended` exactly once. It may
/// get them before the answer to its request.
namespace troupe::model_client {

struct dependencies : client_context {
  auth_manager_actor auth;            ///< none: `login` is what counts, and never changes
  std::optional<config::login> login; ///< without an auth manager
  std::uint64_t jitter_seed = 0;      ///< of the back-off between attempts
};

model_client_actor spawn(caf::actor_system& sys, dependencies deps);

} // namespace troupe::model_client
