#pragma once

#include "net/http_client.hpp"
#include "net/net_errc.hpp"
#include "net/wire/ws_frames.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::net {

/// How a WebSocket ended, or why there was none.
struct ws_outcome {
  /// `none`: closed by our own `ws_handle::close`.
  /// Of a handshake, besides the errors of an HTTP exchange: `ws_refused` (the server answered with
  /// HTTP: see `head` and `body`), `bad_response` (no correct answer), `timed_out_headers`.
  /// Of an open socket: `ws_closed` (a close frame, see `closed`), `closed_early` (the connection
  /// ended without one), `ws_broken` (socket error), `write_failed` (also: `max_unsent_bytes` are
  /// waiting), `ws_ping_failed`, `ws_binary`, `ws_protocol`, `bad_utf8`, `too_large`,
  /// `idle_timeout`, `cancelled`, `stopped`.
  net_errc error = net_errc::none;
  std::string detail;             ///< for people; no secrets, may be empty
  response_head head;             ///< client: the answer to the handshake; status 0 without one
  std::string body;               ///< with `ws_refused`, cut to `max_error_body_bytes`
  std::optional<ws_close> closed; ///< the peer's close frame
};

/// Called on the I/O thread of the socket, one after the other. Must not block or throw. All are
/// released right after `on_done`. Any but `on_done` may be empty.
struct ws_handlers {
  /// Messages may travel from now on. Client: with the head of the server's answer (101). Server:
  /// with an empty one.
  std::function<void(const response_head&)> on_open;

  /// A whole text message, valid UTF-8, decompressed. The view is valid during the call.
  std::function<void(std::string_view)> on_text;

  /// Likewise, binary. Empty: a binary message ends the socket with `net_errc::ws_binary`.
  std::function<void(std::string_view)> on_binary;

  /// Any frame of the peer, control frames included, before what it completes is reported.
  std::function<void(ws_frame)> on_frame;

  /// Exactly once, last. The socket takes nothing any more; what was queued and not sent is lost.
  std::function<void(ws_outcome)> on_done;
};

/// One end of a WebSocket, client's or server's. Cheap to copy, usable from any thread, also before
/// `on_open` (messages wait) and after the end (nothing happens); dropping it has no effect.
///
/// Pings are answered without anybody's doing, except while a message waits for credit: nothing is
/// read then.
class ws_handle {
public:
  struct control;

  /// `close`: everything written is sent, then the connection ends without a close frame; `reset`:
  /// it is reset at once, in mid-message if one is being sent.
  enum class cut_mode { close, reset };

  /// Called on the I/O thread, once: `none` when the kernel has taken the message, else why not.
  using notice = std::function<void(net_errc)>;

  ws_handle() = default;
  explicit ws_handle(std::shared_ptr<control> x) : control_(std::move(x)) {}

  /// Queues one text message made of `parts`, which must be UTF-8 together; null parts are skipped.
  /// They are copied piecewise while they are sent, not before. Starts the idle clock.
  void send(std::vector<body_part> parts, notice on_sent = {}) const;
  void send(std::string text, notice on_sent = {}) const;
  void send_binary(std::string bytes, notice on_sent = {}) const;

  /// At most 125 bytes of payload are sent.
  void ping(std::string payload = {}) const;

  /// Says goodbye: what is queued is sent, then a close frame; `on_done` comes with the peer's
  /// answer, at the latest after `drain_limit`. Messages that arrive meanwhile are dropped. Of a
  /// client before `on_open` this is `cancel`.
  void close(ws_close with = {1000, {}}) const;

  /// Ends at once with `net_errc::cancelled`.
  void cancel() const;

  /// Ends irregularly, for tests of clients.
  void cut(cut_mode mode) const;

  /// Allows `messages` more messages.
  void grant(std::uint64_t messages) const;

  /// Nothing is expected until the next `send`: stops the idle clock.
  void rest() const;

  /// Something that counts has come: restarts the clock of `ws_limits::stall`.
  void advance() const;

  /// Bytes queued and not yet taken by the kernel.
  std::size_t unsent_bytes() const;

private:
  std::shared_ptr<control> control_;
};

} // namespace troupe::net
