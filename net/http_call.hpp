#pragma once

// Internal to net/: includes Asio.

#include "net/call_clock.hpp"
#include "net/connector.hpp"
#include "net/exchange_gate.hpp"
#include "net/http_client.hpp"
#include "net/http_pool.hpp"
#include "net/lazy_timer.hpp"
#include "net/message_parser.hpp"
#include "net/wire/credit.hpp"
#include "net/wire/redirect.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace troupe::net {

class http_call;

/// What handles share with the exchange. No Asio object in it, so it may be dropped anywhere.
struct call_handle::control {
  control(std::shared_ptr<io_lane> its_lane, std::uint64_t initial_credit)
    : lane(std::move(its_lane)), window(initial_credit) {}

  const std::shared_ptr<io_lane> lane;
  credit window;
  std::atomic<std::chrono::steady_clock::rep> progress_at{0};
  std::atomic<std::chrono::steady_clock::rep> advanced_at{0};
  std::weak_ptr<http_call> call; // locked on the lane only
};

/// One exchange, from the URL to the completion. Everything runs on one lane, one operation at a
/// time: wait, queue, connect, write, read the head, read the body, perhaps drain. Owns itself
/// until it is closed.
class http_call : public conversation, public std::enable_shared_from_this<http_call> {
public:
  struct task {
    http_request request;
    http_handlers handlers;
    std::optional<std::size_t> collect_limit; ///< 2xx bodies are collected, up to this size

    /// Of the handshake of a WebSocket: called instead of all handlers when the answer is 101.
    std::function<void(const response_head&, std::unique_ptr<connection>, exchange_gate::slot)>
      take_over = {};
  };

  http_call(std::shared_ptr<http_pool> pool, std::shared_ptr<call_handle::control> control, task x);

  void start();
  void refuse(net_errc why); ///< instead of `start`, on any thread
  void cancel();
  void finish_early();
  void resume(); ///< a parked reader has got its credit
  void abandon() override;
  void on_timer();

private:
  enum class step {
    waiting,
    queued,
    connecting,
    sending,
    reading_head,
    reading_body,
    parked,
    draining,
    done
  };
  enum class wish { none, cancel, finish_early }; // uttered inside a handler, fulfilled after it

  void find_route();
  void queue_up();
  void on_slot(exchange_gate::slot slot);
  void connect();
  void connect_afresh();
  void on_connected(connect_result result);
  void use(std::unique_ptr<connection> link);
  void send();
  std::string head_text() const;
  void on_written(const boost::system::error_code& error);

  void read();
  void on_read(const boost::system::error_code& error, std::size_t n);
  void on_broken(const boost::system::error_code& error);
  void parse_head();
  void on_head();
  bool redirect();
  void hand_over();
  void next_chunk();
  void on_credit();
  void parse_body();
  bool deliver(std::string_view chunk);
  bool collect(std::string_view chunk);

  bool collects() const;
  bool fulfil_wish();
  void enter(step x, call_clock::step limited_as);
  void read_marks();
  void arm_timer();
  void fail(net_errc error, std::string detail = {});
  void succeed();
  void succeed_early();
  void complete();
  void drain(std::size_t received);
  void keep_connection();
  void close();

  std::shared_ptr<http_pool> pool_;
  std::shared_ptr<http_call> self_; // from start to close: a parked exchange has no operation
  std::shared_ptr<call_handle::control> control_;
  task task_;
  call_outcome outcome_;

  step step_ = step::waiting;
  wish wish_ = wish::none;
  bool in_handler_ = false;
  bool is_reading_ = false;
  bool is_reused_ = false;   // the connection has served another exchange before
  bool got_bytes_ = false;   // of the response
  bool write_broke_ = false; // there may be a response all the same
  std::size_t drained_bytes_ = 0;
  std::uint64_t body_bytes_ = 0; // of a 2xx response

  route route_;
  redirect_trail redirects_;
  exchange_gate::ticket place_ = 0;
  exchange_gate::slot slot_;
  std::shared_ptr<connector> connector_;
  std::unique_ptr<connection> link_;
  std::string head_text_;
  std::vector<asio::const_buffer> out_;
  std::optional<message_parser> parser_;
  call_clock clock_;
  lazy_timer timer_;
};

} // namespace troupe::net
