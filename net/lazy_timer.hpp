#pragma once

// Internal to net/: includes Asio.

#include "net/io_lane.hpp"

#include <memory>

namespace troupe::net {

/// A timer for deadlines that move often and are rarely met. Moving one to a later time costs
/// nothing: the timer fires at the old time, and its owner, who knows the deadline of that moment,
/// arms it again.
class lazy_timer {
public:
  explicit lazy_timer(asio::io_context& context) : timer_(context) {}

  /// Sees to it that `owner->on_timer()` is called at `when` or before, once.
  template <class Owner>
  void arm(const std::shared_ptr<Owner>& owner, steady_time when) {
    if (when >= fires_at_)
      return;
    fires_at_ = when;
    timer_.expires_at(when);
    timer_.async_wait([this, owner](const boost::system::error_code& error) {
      if (error) // cancelled, or replaced by an earlier one
        return;
      fires_at_ = steady_time::max();
      owner->on_timer();
    });
  }

  /// The owner is released; a call already under way may still come.
  void cancel() {
    fires_at_ = steady_time::max();
    timer_.cancel();
  }

private:
  steady_timer timer_;
  steady_time fires_at_ = steady_time::max();
};

} // namespace troupe::net
