#pragma once

#include "apps/sim/answer.hpp"
#include "net/http_server.hpp"
#include "net/io_pool.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace troupe::sim {

/// Counts the players there are. Shared, because a connection may outlive the simulator by a
/// moment.
using open_streams = std::shared_ptr<std::atomic<std::uint64_t>>;

/// Performs one answer that takes time: waits, writes what is due, ends as planned. Lives on the
/// I/O thread of its connection and as long as the exchange: the connection's disconnect handler
/// owns it. Events that are due together travel in one write; waits count from a fixed start, so
/// they do not add up errors.
class stream_player : public std::enable_shared_from_this<stream_player> {
public:
  stream_player(net::io_pool& pool, net::responder to, answer what, open_streams open);
  ~stream_player();
  stream_player(const stream_player&) = delete;
  stream_player& operator=(const stream_player&) = delete;

  void start();

private:
  using clock = std::chrono::steady_clock;

  void send_head();
  void send_due();
  void end();
  void repeat();
  void wait_until(clock::time_point when, void (stream_player::*then)());

  net::io_pool& pool_;
  net::responder to_;
  answer what_;
  open_streams open_;
  net::timer_handle timer_;
  std::size_t next_event_ = 0;
  std::size_t sent_bytes_ = 0;
  clock::time_point due_; // of the next event
};

/// The headers of an answer as the server wants them, with its content type.
net::header_list headers_of(const answer& x);

/// Performs `what` on `to`: at once when it has no pace, else with a player.
void play(net::io_pool& pool, const net::responder& to, answer what, const open_streams& open);

} // namespace troupe::sim
