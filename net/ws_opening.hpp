#pragma once

// Internal to net/: includes Asio.

#include "net/http_pool.hpp"
#include "net/ws_client.hpp"
#include "net/ws_link.hpp"

#include <memory>

namespace troupe::net {

/// Begins the handshake of a client's WebSocket, when called on the lane of its pool: an exchange
/// like others, whose connection goes to `link` when the server agrees.
struct ws_opening {
  std::shared_ptr<http_pool> pool;
  std::shared_ptr<ws_link> link;
  ws_request request;

  void operator()();
};

} // namespace troupe::net
