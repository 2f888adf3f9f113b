#pragma once

// Internal to net/: includes Asio.

#include "net/http_server.hpp"
#include "net/lazy_timer.hpp"
#include "net/message_parser.hpp"
#include "net/read_buffer.hpp"
#include "net/send_queue.hpp"
#include "net/stream.hpp"
#include "net/waiting_room.hpp"
#include "net/wire/byte_budget.hpp"
#include "net/ws_link.hpp"

#include <boost/asio/ssl/context.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::net {

class http_session;

/// What the sessions of one server share. Fixed while it listens, but for the count.
struct server_core {
  server_options options;
  http_server::handler on_request;
  std::unique_ptr<asio::ssl::context> tls; ///< null: plain
  std::atomic<std::size_t> connections{0};
  std::shared_ptr<byte_budget> unfinished_bodies;
};

/// What the copies of a responder share. No Asio object in it.
struct responder::control {
  /// The last copy is gone: see `responder`.
  ~control();

  const std::shared_ptr<io_lane> lane;
  const std::weak_ptr<http_session> session; // locked on the lane only
  const std::uint64_t request;               // which one of the session's
  const std::shared_ptr<std::atomic<std::size_t>> unsent_bytes;
  bool is_lost = false; // the client left before the end of the response; for the lane only
};

/// One connection of a server: requests one after the other. While a request is being answered a
/// read is pending too, so that a leaving client is noticed; what it brings waits for its turn.
/// Owns itself until it is closed.
class http_session : public conversation, public std::enable_shared_from_this<http_session> {
public:
  /// What the sessions of one server on one lane share.
  struct surroundings {
    std::shared_ptr<io_lane> lane;
    std::shared_ptr<server_core> core;
    std::shared_ptr<waiting_room> waiting;
  };

  http_session(surroundings around, tcp_socket socket);

  void start();
  void abandon() override;
  void on_timer();

  /// The responder's operations work on the current request only.
  bool is_answering(std::uint64_t request) const;
  void answer(int status, const header_list& headers, std::string_view body);
  void start_stream(int status, const header_list& headers);
  void write(std::string_view piece, send_queue::notice on_sent);
  void finish();
  void cut(responder::cut_mode mode);
  void hang();
  void accept_websocket(std::shared_ptr<ws_link> socket, const header_list& headers);
  void on_disconnect(std::function<void()> run);
  void on_responder_dropped();

private:
  enum class step {
    greeting,
    reading_head,
    reading_body,
    answering,
    upgrading, // the answer that makes this a WebSocket is being sent
    upgraded,  // the connection is the socket's
    lingering,
    closed
  };
  enum class framing {
    none,
    length,
    chunked,
    until_close,
    upgrade
  }; // of the response; none: not begun

  void read();
  void on_read(const boost::system::error_code& error, std::size_t n);
  void advance();
  bool parse_head();
  void on_head();
  bool read_body();
  bool take_plain_body();
  bool parse_chunked_body();
  bool make_room(std::size_t body_bytes);
  void handle_request();
  void hand_to_handler();
  void refuse(int status);

  void begin_response(int status, const header_list& headers, framing body);
  void end_response();
  void flush();
  void send_waiting();
  void on_written(const boost::system::error_code& error);
  void tell(const std::vector<send_queue::notice>& notices, net_errc result);
  void watch_client();
  void hand_over();
  void linger();
  void on_client_gone();
  void close();

  void enter(step x);
  void wait_or_not();
  void arm_timer();
  steady_time deadline() const;

  std::shared_ptr<io_lane> lane_;
  std::shared_ptr<http_session> self_; // from start to close
  std::shared_ptr<server_core> core_;
  std::shared_ptr<waiting_room> waiting_;
  std::optional<waiting_room::place> place_; // in there, while nothing is being answered
  stream link_;
  lazy_timer timer_;

  step step_ = step::greeting;
  steady_time since_{};
  steady_time progress_at_{}; // of a body: its last bytes
  bool is_reading_ = false;
  bool reads_body_ = false; // the read goes into the body, not into the buffer
  bool has_begun_ = false;  // bytes of the next request are there
  bool is_new_ = true;      // nothing has been asked yet
  bool is_writing_ = false;
  bool in_handler_ = false; // responses written inside it travel together

  read_buffer input_;
  message_parser parser_;
  server_request request_;
  std::size_t missing_bytes_ = 0; // of a body with a length
  std::size_t body_size_ = 0;     // what has arrived of it
  byte_share body_share_;         // of the memory of unfinished bodies

  std::uint64_t request_number_ = 0;
  framing framing_ = framing::none;
  bool keeps_alive_ = false;
  bool is_head_request_ = false;
  bool is_old_version_ = false; // HTTP/1.0: no chunks
  bool may_upgrade_ = false;    // then nothing is read while it is answered
  bool hangs_ = false;
  bool closes_when_sent_ = false;
  std::function<void()> on_disconnect_;
  std::weak_ptr<responder::control> responder_;

  header_list upgrade_headers_; // of a request that may upgrade
  std::shared_ptr<ws_link> socket_;
  std::optional<ws_deflate> compression_;

  send_queue out_;
  asio::const_buffer sending_;
  std::shared_ptr<std::atomic<std::size_t>> unsent_bytes_;
  std::size_t lingered_bytes_ = 0;
};

} // namespace troupe::net
