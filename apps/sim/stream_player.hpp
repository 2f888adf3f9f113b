#pragma once

#include "apps/sim/answer.hpp"
#include "apps/sim/pace_wheel.hpp"
#include "apps/sim/statistics.hpp"
#include "net/http_server.hpp"

#include <chrono>
#include <cstddef>
#include <memory>

namespace troupe::sim {

/// Performs one answer that takes time, and is counted in `open` meanwhile: waits, writes what is
/// due, ends as planned. Lives on the I/O thread of its connection and as long as the exchange: the
/// connection's disconnect handler owns it. Events that are due together travel in one write; waits
/// count from a fixed start, so they do not add up errors.
///
/// Costs its answer's bytes and 300 more, and no timer of its own.
class stream_player : public paced, public std::enable_shared_from_this<stream_player> {
public:
  stream_player(std::shared_ptr<pace_wheel> wheel, net::responder to, answer what,
                shared_counter open);
  ~stream_player() override;

  void start();
  void on_due() override;

private:
  using clock = std::chrono::steady_clock;
  using step = void (stream_player::*)();

  void send_head();
  void send_due();
  void end();
  void repeat();
  void wait_until(clock::time_point when, step then);

  const std::shared_ptr<pace_wheel> wheel_;
  const net::responder to_;
  answer what_;
  const shared_counter open_;
  std::size_t next_event_ = 0;
  std::size_t sent_bytes_ = 0;
  clock::time_point due_; // of the next event
  step next_step_ = nullptr;
};

/// The headers of an answer as the server wants them, with its content type.
net::header_list headers_of(const answer& x);

/// Performs `what` on `to`: at once when it has no pace, else with a player. On an I/O thread.
void play(const std::shared_ptr<pace_wheel>& wheel, const net::responder& to, answer what,
          const shared_counter& open);

} // namespace troupe::sim
