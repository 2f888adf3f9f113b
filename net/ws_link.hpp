#pragma once

// Internal to net/: includes Asio.

#include "net/io_lane.hpp"
#include "net/lazy_timer.hpp"
#include "net/limits.hpp"
#include "net/read_buffer.hpp"
#include "net/stream.hpp"
#include "net/websocket.hpp"
#include "net/wire/credit.hpp"
#include "net/ws_clock.hpp"
#include "net/ws_reader.hpp"
#include "net/ws_writer.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::net {

class ws_link;

/// What handles share with the socket. No Asio object in it, so it may be dropped anywhere.
struct ws_handle::control {
  control(std::shared_ptr<io_lane> its_lane, std::uint64_t initial_credit)
    : lane(std::move(its_lane)), window(initial_credit) {}

  const std::shared_ptr<io_lane> lane;
  credit window;
  std::atomic<std::size_t> unsent_bytes{0};
  std::atomic<std::chrono::steady_clock::rep> advanced_at{0};
  std::weak_ptr<ws_link> link; // locked on the lane only
};

/// One end of a WebSocket: waits for its connection, then carries messages until either side ends.
/// Everything runs on one lane; one read and one write at a time. Owns itself until it is closed.
class ws_link : public conversation, public std::enable_shared_from_this<ws_link> {
public:
  struct settings {
    ws_role role;
    std::chrono::milliseconds idle{0}; ///< this and the next two: see `ws_limits`; 0: no limit
    std::chrono::milliseconds stall{0};
    std::chrono::milliseconds response{0};
    ws_reader::limits sizes{max_ws_frame_bytes, max_ws_message_bytes};
  };

  /// A connection whose handshake is over.
  struct transport {
    std::shared_ptr<void> owner; ///< keeps the other two
    stream* link = nullptr;
    read_buffer* input = nullptr;
    std::optional<ws_deflate> compression;
    std::size_t max_unsent_bytes = net::max_unsent_bytes;
    std::chrono::milliseconds silence{0}; ///< of the peer (see `ws_clock`); 0: no limit
    std::function<void()> on_closed; ///< once, when the connection has been closed; may be empty
  };

  ws_link(std::shared_ptr<ws_handle::control> control, settings x, ws_handlers handlers);

  /// Keeps itself from now on; `cancel_opening` is what `cancel` does before `open` or `refuse`.
  /// False: ended already.
  bool wait_for_connection(std::function<void()> cancel_opening);

  /// The end of waiting: either, once. `refuse` also works instead of waiting, on any thread.
  void open(transport x, response_head head);
  void refuse(ws_outcome why);

  /// The handle's operations.
  void send(ws_frame kind, std::vector<body_part> parts, ws_handle::notice on_sent);
  void ping(std::string payload);
  void close(const ws_close& with);
  void cancel();
  void cut(ws_handle::cut_mode mode);
  void resume(); ///< a parked reader has got its credit
  void rest();

  void abandon() override;
  void on_timer();

private:
  enum class step {
    opening,
    open,
    closing, // our close frame is on its way; the peer's answer is waited for
    parting, // all is reported; what is left is a polite end of the connection
    closed
  };
  enum class wish { none, cancel, cut_close, cut_reset, give_up }; // uttered inside a handler

  bool is_receiving() const { return step_ == step::open || step_ == step::closing; }

  void read();
  void on_read(const boost::system::error_code& error, std::size_t n);
  void on_end_of_input(const boost::system::error_code& error);
  void advance();
  bool handle(const ws_reader::progress& x);
  bool receive_message(ws_frame kind, std::string_view payload);
  bool deliver();
  void on_close_frame(std::string_view payload);

  void flush();
  void on_written(const boost::system::error_code& error);
  void tell(const std::vector<ws_handle::notice>& notices, net_errc result);
  void note_unsent();

  // Ends wished for inside `handler` wait until it has returned: see `fulfil_wish`.
  template <class Handler, class... Args>
  void call(const Handler& handler, Args&&... args) {
    if (!handler)
      return;
    const bool was_in_handler = std::exchange(in_handler_, true);
    handler(std::forward<Args>(args)...);
    in_handler_ = was_in_handler;
  }
  bool fulfil_wish();

  void fail(net_errc error, std::string detail = {});
  void part(net_errc error, std::optional<ws_close> farewell, std::string detail = {});
  void complete(net_errc error, std::string detail);
  void end_connection();
  void disconnect();

  steady_time deadline() const;
  void read_mark();
  void arm_timer();
  void on_quiet(steady_time now);
  void on_bad_input(net_errc error);

  std::shared_ptr<ws_handle::control> control_;
  std::shared_ptr<ws_link> self_; // from waiting to disconnection
  settings settings_;
  ws_handlers handlers_;
  ws_outcome outcome_;
  std::function<void()> cancel_opening_;
  std::optional<ws_close> farewell_; // to be said as soon as the socket is open

  step step_ = step::opening;
  wish wish_ = wish::none;
  bool in_handler_ = false;
  bool is_reading_ = false;
  bool is_writing_ = false;
  bool is_parked_ = false; // `held_` waits for credit
  bool ends_when_sent_ = false;
  bool has_ended_ = false; // our direction of the connection

  transport transport_;
  std::optional<ws_reader> reader_;
  ws_frame held_kind_ = ws_frame::text;
  std::string_view held_; // a complete message; in the reader or the input
  ws_writer writer_;
  std::string block_;
  asio::const_buffer sending_;
  std::size_t drained_bytes_ = 0;
  ws_clock clock_;
  steady_time since_{}; // our goodbye
  lazy_timer timer_;
};

} // namespace troupe::net
