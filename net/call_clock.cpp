#include "net/call_clock.hpp"

#include "net/limits.hpp"
#include "net/wire/deadline.hpp"

#include <algorithm>

namespace troupe::net {

call_clock::call_clock(const call_limits& limits, std::chrono::milliseconds start_delay,
                       time_point now)
  : limits_(limits), start_delay_(start_delay),
    total_deadline_(limits.total.count() > 0 ? deadline_after(now, limits.total)
                                             : time_point::max()),
    since_(now) {}

void call_clock::enter(step x, time_point now) {
  if (x == step::body && step_ == step::suspended)
    advanced_ += now - since_; // the wait for credit was not the peer's
  else if (x == step::body)
    advanced_ = now;
  step_ = x;
  since_ = now;
}

void call_clock::progress(time_point now) {
  if (step_ == step::body)
    since_ = std::max(since_, now);
}

void call_clock::advance(time_point now) {
  if (step_ == step::body)
    advanced_ = std::max(advanced_, now);
}

call_clock::time_point call_clock::deadline() const {
  // What has been answered already cannot exceed the total limit any more.
  return step_ == step::draining ? step_deadline() : std::min(step_deadline(), total_deadline_);
}

net_errc call_clock::verdict() const {
  if (step_ != step::draining && total_deadline_ <= step_deadline())
    return net_errc::timed_out_total;
  switch (step_) {
  case step::queued: return net_errc::overloaded;
  case step::head: return net_errc::timed_out_headers;
  case step::body:
    return stall_deadline() < deadline_after(since_, limits_.idle) ? net_errc::no_progress
                                                                   : net_errc::idle_timeout;
  case step::waiting:
  case step::connecting:
  case step::suspended:
  case step::draining: return net_errc::none;
  }
  return net_errc::none; // unreachable; keeps GCC content
}

call_clock::time_point call_clock::stall_deadline() const {
  return limits_.stall.count() > 0 ? deadline_after(advanced_, limits_.stall) : time_point::max();
}

call_clock::time_point call_clock::step_deadline() const {
  switch (step_) {
  case step::waiting: return deadline_after(since_, start_delay_);
  case step::queued: return deadline_after(since_, limits_.queue);
  case step::head: return deadline_after(since_, limits_.head);
  case step::body: return std::min(deadline_after(since_, limits_.idle), stall_deadline());
  case step::draining: return deadline_after(since_, drain_limit);
  case step::connecting:
  case step::suspended: return time_point::max();
  }
  return time_point::max(); // unreachable; keeps GCC content
}

} // namespace troupe::net
