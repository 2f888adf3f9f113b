#pragma once

#include "net/limits.hpp"
#include "net/net_errc.hpp"
#include "net/tls.hpp"
#include "net/wire/headers.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace troupe::net {

class io_pool;
class ws_handle;
struct ws_handlers;

struct server_request {
  std::string method;
  std::string target; ///< path and query as received
  header_list headers;
  std::string body; ///< transfer coding removed
};

/// Whether the request is the handshake of a WebSocket, correct and of version 13.
bool asks_for_websocket(const server_request& x);

/// Answers one request. Cheap to copy, usable from any thread; on the server's I/O thread calls act
/// at once. After the end of the response, or when the client is gone, calls do nothing.
///
/// When the last copy is dropped before the end of the response, the client is answered 500, or,
/// once a stream has begun, cut off: no request is left without an end by mistake.
class responder {
public:
  struct control;
  enum class cut_mode {
    close, ///< everything written is sent, then the connection closes in mid-response
    reset, ///< the connection is reset at once; what is still unsent is lost
  };

  responder() = default;
  explicit responder(std::shared_ptr<control> x) : control_(std::move(x)) {}

  /// The whole response. `Content-Length` is added.
  void answer(int status, header_list headers, std::string body) const;

  /// Begins a response of unknown length (chunked).
  void start_stream(int status, header_list headers) const;

  /// A piece of the stream, as one chunk; pieces written in one go travel together. `on_sent` is
  /// called on the I/O thread when the kernel has taken it: `none`, or `closed_early` when the
  /// client is gone.
  void write(std::string piece, std::function<void(net_errc)> on_sent = {}) const;

  /// Ends the stream regularly; the connection takes the next request.
  void finish() const;

  /// Ends the response and the connection irregularly.
  void cut(cut_mode mode) const;

  /// Accepts a request that `asks_for_websocket` with 101 and `headers`, permessage-deflate
  /// included when the client offers it. A client that stays silent for
  /// `server_options::silence_limit` is asked by a ping; without an answer in the same time the
  /// socket (net/websocket.hpp) ends with `net_errc::idle_timeout`. A request that asks for none is
  /// answered 426, and `on_done` gets `net_errc::bad_request`; when the client is gone or the
  /// request answered, `closed_early`.
  ws_handle accept_websocket(ws_handlers handlers, header_list headers = {}) const;

  /// Never answers: the connection stays open until the client leaves or the server stops.
  void hang() const;

  /// Bytes written and not yet taken by the kernel: how far the client lags. Over
  /// `max_unsent_bytes` the connection is cut.
  std::size_t unsent_bytes() const;

  /// `run` is called at most once, on the I/O thread, when the client leaves before the end of the
  /// response; at once if it has left already.
  void on_disconnect(std::function<void()> run) const;

private:
  std::shared_ptr<control> control_;
};

/// For whom a server is. `loopback`: requests whose `Host`, or whose page (`Origin`), is not of
/// this machine are answered 403, handshakes too (net/wire/local_host.hpp).
enum class served_hosts : std::uint8_t { any, loopback };

struct server_options {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0; ///< 0: any free one
  std::optional<tls_server_options> tls;
  std::size_t max_body_bytes = max_request_body_bytes;
  std::size_t max_unsent_bytes = net::max_unsent_bytes;
  served_hosts hosts = served_hosts::any;
  std::chrono::milliseconds request_limit = request_read_limit;
  std::chrono::milliseconds head_limit = head_read_limit;
  std::chrono::milliseconds body_idle = body_idle_limit;       ///< without a byte of a body
  std::size_t max_unfinished_body = max_unfinished_body_bytes; ///< of all connections together
  std::size_t max_waiting = max_waiting_connections;           ///< per I/O thread
  std::chrono::milliseconds idle_limit = server_idle_limit;
  std::chrono::milliseconds silence_limit = server_silence_limit; ///< of WebSockets; 0: none
};

/// An HTTP/1.1 server with keep-alive, for the model simulator, the tests and local front doors.
/// Requests of one connection are handled one after the other. A request that is not HTTP is
/// answered 400, a head over `max_head_bytes` 431, a body over its limit 413, one that does not fit
/// into what unfinished bodies may take 503, and the connection closes. So it does without an
/// answer when a head or a body takes longer than its limit, or a body makes no progress.
class http_server {
public:
  /// Called on I/O threads; must not block or throw.
  using handler = std::function<void(server_request, responder)>;

  http_server(io_pool& pool, server_options options, handler on_request);

  /// `stop`.
  ~http_server();
  http_server(const http_server&) = delete;
  http_server& operator=(const http_server&) = delete;

  /// Begins to listen: `listen_failed` or `tls_failed` with the reason in `detail`.
  struct start_result {
    net_errc error = net_errc::none;
    std::string detail;
  };
  start_result start();

  /// The port listened on, 0 before `start`.
  std::uint16_t port() const;

  /// "http://127.0.0.1:41234"
  std::string origin() const;

  /// Connections open at this moment.
  std::size_t connections() const;

  /// Closes everything at once. When it returns, the handler is not running and will not be called
  /// again (called on an I/O thread: on other I/O threads it may still be).
  void stop();

private:
  struct state;
  std::shared_ptr<state> state_;
};

} // namespace troupe::net
