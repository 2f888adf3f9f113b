#pragma once

#include "actors/model_client/http_attempt_run.hpp"
#include "actors/model_client/stream_audience.hpp"
#include "actors/model_client/stream_errors.hpp"
#include "actors/model_client/ws_reader.hpp"
#include "actors/model_client/ws_request.hpp"
#include "messages/errors.hpp"
#include "net/http_client.hpp"
#include "net/websocket.hpp"
#include "net/ws_client.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::model_client {

/// One request on a WebSocket and its response. The session's I/O thread works on it until
/// `on_over`; then it belongs to the actor.
struct ws_exchange {
  enum class result : std::uint8_t {
    pending,
    completed,
    failed,        ///< the connection is gone; `error` says why
    not_connected, ///< there never was a connection: `handshake` says why
  };

  std::shared_ptr<stream_audience> audience;
  observation watched;
  std::function<void()> on_over; ///< exactly once, on the I/O thread or in `ws_session::send`
  std::int64_t sent_at = 0;      ///< in Unix seconds

  result how = result::pending;
  std::string response_id; ///< of a completed one
  std::optional<model_error> error;
  net::ws_outcome handshake;

  /// `on_over`, after whoever watches was told how it ended.
  void end(const std::optional<token_usage>& usage = {}) const;

  std::optional<rate_reading> refusal; ///< a message said that this is too much for now
  bool has_told_output = false;        ///< something of a response has reached the audience
};

/// A WebSocket connection of a turn, from its handshake on. One request at a time. Functions are
/// called by the actor; what they start happens on the connection's I/O thread.
class ws_session : public std::enable_shared_from_this<ws_session> {
public:
  /// `on_closed`: the connection has ended, in whatever way; on the I/O thread, once, after the end
  /// of the exchange that was under way.
  static std::shared_ptr<ws_session> open(net::http_client& client, net::ws_request request,
                                          std::function<void()> on_closed);

  ws_session(response_limits limits, std::function<void()> on_closed)
    : limits_(limits), on_closed_(std::move(on_closed)) {}
  ~ws_session();
  ws_session(const ws_session&) = delete;
  ws_session& operator=(const ws_session&) = delete;

  /// Sends the request, or the part of it that is new on this connection. Not before the exchange
  /// before it is over. `granted`: messages that the consumer takes.
  void send(const model_request& request, std::uint64_t granted,
            std::shared_ptr<ws_exchange> exchange);

  void grant(std::uint64_t messages);

  /// The response is complete: its id may serve the next request.
  void on_completed(std::string response_id) { conversation_.on_completed(std::move(response_id)); }

  /// Ends the connection; an exchange that is under way fails as cancelled.
  void cancel() const { socket_.cancel(); }

  /// Says goodbye; for connections that are at rest.
  void close() const { socket_.close(); }

private:
  using clock = std::chrono::steady_clock;

  void on_open(const net::response_head& head);
  void on_text(std::string_view message);
  void on_done(net::ws_outcome outcome);
  void note(std::string_view message, const std::vector<model_event>& events);
  void on_sent(net::net_errc error);

  bool take_waiting();
  void begin();
  void finish(ws_exchange::result how);
  void report(std::string_view message);
  void report_failure(std::string_view error);

  response_limits limits_;
  std::function<void()> on_closed_;
  net::ws_handle socket_;

  // The actor's.
  ws_request conversation_;

  // Between the two: an exchange on its way to the I/O thread, and whether that still takes any.
  std::atomic<std::shared_ptr<ws_exchange>*> waiting_{nullptr};
  std::atomic<bool> is_over_{false};
  std::atomic<std::int64_t> credit_{0}; // granted and not used

  // The I/O thread's.
  std::shared_ptr<ws_exchange> current_;
  std::optional<ws_reader> reader_;
  handshake_facts facts_;
  std::string turn_state_; // of the handshake, told once
  clock::time_point waiting_since_{};

  // The I/O thread's, too; once `is_over_` is set they change no more, and the actor may look.
  bool is_open_ = false;
  net::ws_outcome handshake_; // that failed
};

} // namespace troupe::model_client
