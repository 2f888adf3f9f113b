#pragma once

#include "apps/sim/answer.hpp"
#include "apps/sim/pace_wheel.hpp"
#include "apps/sim/statistics.hpp"
#include "net/http_server.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace troupe::sim {

/// Keeps streams behind their heads until so many have been open at once for a moment; from then on
/// none. 0: none from the start. Usable from several threads.
class stream_hold {
public:
  using clock = std::chrono::steady_clock;

  /// So long all of them stay open: whoever counts them can look.
  static constexpr std::chrono::seconds moment{1};

  explicit stream_hold(std::uint64_t wanted) : wanted_(wanted) {}

  /// `open`: how many are open now.
  bool is_over(std::uint64_t open, clock::time_point now);

private:
  const std::uint64_t wanted_;
  std::atomic<clock::rep> reached_at_{0}; // 0: not yet
};

/// What all players of a simulator share.
struct player_stage {
  std::shared_ptr<pace_wheel> wheel;
  shared_gauge streams;
  std::shared_ptr<stream_hold> hold;
};

/// Performs one answer that takes time, and is counted as a stream meanwhile: waits, writes what is
/// due, ends as planned. Lives on the I/O thread of its connection and as long as the exchange: the
/// connection's disconnect handler owns it. Events that are due together travel in one write; waits
/// count from a fixed start, so they do not add up errors.
///
/// Costs its answer's bytes and 300 more, and no timer of its own.
class stream_player : public paced, public std::enable_shared_from_this<stream_player> {
public:
  stream_player(player_stage stage, net::responder to, answer what);
  ~stream_player() override;

  void start();
  void on_due() override;

private:
  using clock = std::chrono::steady_clock;
  using step = void (stream_player::*)();

  void send_head();
  void hold();
  void send_due();
  void end();
  void repeat();
  void wait_until(clock::time_point when, step then);

  const player_stage stage_;
  const net::responder to_;
  answer what_;
  std::size_t next_event_ = 0;
  std::size_t sent_bytes_ = 0;
  clock::time_point due_; // of the next event
  step next_step_ = nullptr;
};

/// The headers of an answer as the server wants them, with its content type.
net::header_list headers_of(const answer& x);

/// Performs `what` on `to`: at once when nothing of it waits, else with a player. On an I/O thread.
void play(const player_stage& stage, const net::responder& to, answer what);

} // namespace troupe::sim
