#pragma once

#include "net/http_client.hpp"
#include "net/net_errc.hpp"

#include <chrono>

namespace troupe::net {

/// Which deadline an exchange has at each step, and what missing it means. Pure: time is an
/// argument.
class call_clock {
public:
  using time_point = std::chrono::steady_clock::time_point;

  /// `waiting` ends at its deadline regularly; `queued` waits for a turn at the origin;
  /// `connecting` is limited by the connector itself; `suspended` waits for credit and has only the
  /// total limit.
  enum class step { waiting, queued, connecting, head, body, suspended, draining };

  call_clock(const call_limits& limits, std::chrono::milliseconds start_delay, time_point now);

  void enter(step x, time_point now);

  /// Something the idle limit counts has happened.
  void progress(time_point now);

  /// Something the stall limit counts has happened.
  void advance(time_point now);

  /// `time_point::max()` when there is none.
  time_point deadline() const;

  /// What a deadline that has passed means; `none`: the step's time is over, but that is no
  /// failure.
  net_errc verdict() const;

private:
  time_point step_deadline() const;
  time_point stall_deadline() const;

  call_limits limits_;
  std::chrono::milliseconds start_delay_;
  time_point total_deadline_;
  step step_ = step::waiting;
  time_point since_;      // entry into the step, or later progress
  time_point advanced_{}; // the body's first byte was waited for from then on, or later
};

} // namespace troupe::net
