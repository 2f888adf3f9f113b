#pragma once

#include "net/limits.hpp"
#include "net/net_errc.hpp"
#include "net/tls.hpp"
#include "net/wire/credit.hpp"
#include "net/wire/headers.hpp"
#include "net/wire/proxy_rules.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::net {

class byte_budget;
class io_pool;
class ws_handle;
struct ws_handlers;
struct ws_request;

/// Time and size limits of one exchange.
struct call_limits {
  /// What restarts the idle clock besides the response head.
  enum class progress { chunk, caller };

  std::chrono::milliseconds connect = connect_limit; ///< per address, and again for TLS
  std::chrono::milliseconds head = response_head_limit;
  std::chrono::milliseconds idle = stream_idle_limit;

  /// While the body is read, without a call of `call_handle::advance`; 0: no limit. For peers that
  /// restart the idle clock and send nothing that counts. Ends with `net_errc::no_progress`.
  std::chrono::milliseconds stall{0};

  std::chrono::milliseconds total{0}; ///< everything, `start_delay` included; 0: no limit

  /// In the queue of an origin with a limited number of exchanges.
  std::chrono::milliseconds queue = queue_limit;

  /// Of a 2xx response, transfer coding removed; more is `net_errc::too_large`.
  std::uint64_t max_response_bytes = net::max_response_bytes;

  /// `chunk`: every chunk of the body. `caller`: only `call_handle::progress` (contract
  /// responses-client, section 6.5: dispatched events count, comments and partial ones do not).
  /// Time spent waiting for credit never counts.
  progress idle_restarts_on = progress::chunk;
};

/// A piece of a request body, shared between requests and never copied.
using body_part = std::shared_ptr<const std::string>;

struct http_request {
  std::string method = "GET";
  std::string url;

  /// `Host` and `Content-Length` are added; `Content-Length`, `Transfer-Encoding` and `Connection`
  /// set here are ignored.
  header_list headers;

  std::vector<body_part> body; ///< sent one after the other as they are; null parts are skipped
  call_limits limits;
  std::chrono::milliseconds start_delay{0}; ///< wait before anything is done: retry back-off

  /// Redirects that are followed (see `http_client`); 0: a redirect is an answer like others.
  int max_redirects = net::max_redirects;

  /// Chunks that may be delivered before the first `call_handle::grant`.
  std::uint64_t credit = unlimited_credit;
};

struct response_head {
  int status = 0;
  header_list headers;
};

struct call_outcome {
  net_errc error = net_errc::none; ///< `none`: a complete response, whatever its status
  std::string detail;              ///< what failed exactly, for people; no secrets, may be empty
  response_head head;              ///< status 0 when there was none
  std::string body; ///< of a response that is not 2xx, cut to the limit; of `fetch` also of a 2xx
};

/// Called on the I/O thread of the exchange, one after the other. Must not block or throw. All are
/// released right after `on_done`.
struct http_handlers {
  /// A response head arrived, of any status. May be empty.
  std::function<void(const response_head&)> on_head;

  /// Body bytes of a 2xx response, transfer coding removed, one chunk per read. May be empty.
  std::function<void(std::string_view)> on_chunk;

  /// Exactly once, last.
  std::function<void(call_outcome)> on_done;
};

/// A running exchange. Cheap to copy, usable from any thread, also when the exchange is long over;
/// dropping it has no effect on the exchange.
class call_handle {
public:
  struct control;

  call_handle() = default;
  explicit call_handle(std::shared_ptr<control> x) : control_(std::move(x)) {}

  /// Ends the exchange with `net_errc::cancelled`; its connection is closed.
  void cancel() const;

  /// The caller needs nothing more of a response it has begun to receive: the exchange ends with
  /// success, and the rest of the body is read on for a moment so that the connection can be
  /// reused. Before the response head this is `cancel`.
  void finish_early() const;

  /// Allows `chunks` more chunks.
  void grant(std::uint64_t chunks) const;

  /// Restarts the idle clock.
  void progress() const;

  /// Something that counts has come: restarts the clock of `call_limits::stall`.
  void advance() const;

private:
  std::shared_ptr<control> control_;
};

struct http_client_options {
  tls_client_options tls;

  /// Which proxy serves which URL; none by default, see `proxy_rules::from_environment`.
  proxy_rules proxies;

  /// Exchanges in flight per origin, over all I/O threads; more wait in the order they came. 0: no
  /// limit. WebSockets count while they are open.
  std::size_t max_exchanges_per_origin = 0;
  std::size_t max_waiting_per_origin = net::max_waiting_per_origin;

  std::chrono::milliseconds pooled_connection_limit = net::pooled_connection_limit;
  std::size_t max_pooled_per_origin = net::max_pooled_per_origin;
};

/// HTTP/1.1 over TCP and TLS, directly or through a proxy, with reuse of connections. Any thread
/// may start calls. No content codings.
///
/// Redirects: 307 and 308 repeat the request; 301, 302 and 303 turn it into a GET without body
/// (HEAD stays). Credentials are not taken to another host or port (net/wire/redirect.hpp). A loop,
/// too many, one from https to http and one to an unusable URL end with `redirect_refused`.
/// Handlers see the last response only.
///
/// A request on a reused connection that breaks before the first byte of the response is sent once
/// more on a fresh connection, because the server had most likely closed it in the meantime.
class http_client {
public:
  explicit http_client(io_pool& pool, http_client_options options = {});

  /// Cancels what is open; the completions come later, on the I/O threads.
  ~http_client();
  http_client(const http_client&) = delete;
  http_client& operator=(const http_client&) = delete;

  /// Starts an exchange. `on_done` gets `net_errc::stopped`, before this returns, when the pool has
  /// been stopped.
  call_handle start(http_request request, http_handlers handlers);

  /// An exchange whose 2xx body is wanted in one piece: in `call_outcome::body`, of at most
  /// `max_body_bytes`, else `net_errc::too_large`. `request.credit` is not used.
  call_handle fetch(http_request request, std::size_t max_body_bytes,
                    std::function<void(call_outcome)> on_done);

  /// What unfinished messages and events of all connections take together (`io_pool`).
  const std::shared_ptr<byte_budget>& unfinished_bytes() const;

  /// Opens a WebSocket (net/ws_client.hpp); redirects are answers. `on_done` as with `start`.
  ws_handle open_websocket(ws_request request, ws_handlers handlers);

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace troupe::net
