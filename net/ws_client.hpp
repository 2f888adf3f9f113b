#pragma once

#include "net/http_client.hpp"
#include "net/limits.hpp"
#include "net/websocket.hpp"
#include "net/wire/headers.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace troupe::net {

/// Time and size limits of one client socket.
struct ws_limits {
  std::chrono::milliseconds connect = connect_limit; ///< per address, and again for TLS

  /// From the start of sending the handshake to the whole answer. Of an HTTP answer that stalls,
  /// what came is reported.
  std::chrono::milliseconds handshake = response_head_limit;

  /// Without any frame, from a `ws_handle::send` on until `ws_handle::rest`. Time spent waiting for
  /// credit does not count.
  std::chrono::milliseconds idle = stream_idle_limit;

  /// The same without a call of `ws_handle::advance`, and in all; 0: no limit. End with
  /// `net_errc::no_progress` and `net_errc::timed_out_total`.
  std::chrono::milliseconds stall{0};
  std::chrono::milliseconds response{0};

  std::size_t max_frame_bytes = net::max_ws_frame_bytes;
  std::size_t max_message_bytes = net::max_ws_message_bytes; ///< decompressed
};

/// What `http_client::open_websocket` connects to.
struct ws_request {
  enum class deflate { offer, never };

  std::string url; ///< ws, wss, http or https

  /// The handshake carries these, what RFC 6455 demands, and nothing else. Headers of the protocol
  /// (`Upgrade`, `Connection`, `Sec-WebSocket-*` but the subprotocol) set here are ignored.
  header_list headers;

  ws_limits limits;
  deflate compression = deflate::offer;
  std::uint64_t credit = unlimited_credit; ///< messages delivered before the first `grant`
};

} // namespace troupe::net
