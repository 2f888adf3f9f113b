#pragma once

#include "actors/model_client/fixture.hpp"
#include "actors/model_client/local_time.hpp"
#include "actors/model_client/rate_governor.hpp"
#include "actors/model_client/request_headers.hpp"
#include "config/environment.hpp"
#include "config/providers.hpp"
#include "messages/shared_text.hpp"
#include "net/limits.hpp"
#include "net/wire/sse_parser.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace troupe::net {
class http_client;
}

namespace troupe::model_client {

class exchange_recorder;
class exchange_replay;
class observer;

struct limits {
  /// 10,000 threads may have a stream in flight at once (design, section 8); twice that is refused.
  std::size_t open_streams = 20'000;

  /// Calls that answer in one piece: a compaction is one per thread, and a history each.
  std::size_t open_calls = 2'000;

  /// A list of models, all attempts together (contract models-manager.md 6).
  std::chrono::milliseconds model_list{5'000};

  /// Threads that WebSocket connections are kept for.
  std::size_t connections = 20'000;

  /// A connection without a request is closed after this: longer than any tool of a turn runs as a
  /// rule, shorter than what servers and load balancers keep.
  std::chrono::milliseconds idle_connection{300'000};

  std::chrono::milliseconds connect = net::connect_limit;

  /// Of answers in one piece, where the provider's idle limit counts when it is longer, and of
  /// handshakes, where it counts when it is shorter. Streams have the idle limit.
  std::chrono::milliseconds head = net::response_head_limit;

  std::size_t event_bytes = net::sse_parser::default_max_event_bytes;
};

/// How much a model client has in hand. Written by its actor, read by anyone.
struct client_load {
  std::atomic<std::int64_t> open_streams{0};
  std::atomic<std::int64_t> waiting_requests{0}; ///< held back by the governor
};

/// What all operations of a model client work with.
struct client_context {
  net::http_client* http = nullptr; ///< outlives the actor
  /// Of providers with connections of their own, by id; these outlive the actor too.
  std::map<std::string, net::http_client*, std::less<>> own_http;
  config::provider_table providers;
  config::environment environment; ///< keys and headers of providers, read at each request
  client_identity identity;
  model_client::limits limits;
  wall_clock clock = system_clock();
  model_client::observer* observer = nullptr; ///< outlives the actor; none: nobody watches
  std::shared_ptr<client_load> load;          ///< none: nobody wants to know

  /// None: every request is sent at once, and a refusal is reported as the contract says.
  std::optional<governor_settings> governor;

  /// Keeps every HTTP exchange. While it does, and in a replay, WebSockets are not used.
  std::shared_ptr<exchange_recorder> recorder;

  /// Answers every request; the network is not used.
  std::shared_ptr<exchange_replay> replay;

  net::http_client& http_of(const std::string& provider) const {
    const auto own = own_http.find(provider);
    return own == own_http.end() ? *http : *own->second;
  }

  /// What `CODEX_RS_SSE_FIXTURE` names, read by `read_fixture`; HTTP streams are answered from it.
  /// None: the network answers.
  std::optional<offline_fixture> fixture;
};

} // namespace troupe::model_client
