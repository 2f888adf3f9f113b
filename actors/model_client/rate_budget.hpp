#pragma once

#include "actors/model_client/rate_headers.hpp"

#include <chrono>

namespace troupe::model_client {

/// What is left of a budget that a provider announces in its answers, requests or tokens. Pure.
///
/// Between two announcements it counts what was sent. The budget is full again when the announced
/// time is over; only when announcements prove that it fills up all the time (their time moves
/// ahead as it is used) is the part that came in meanwhile used before. A guess in the other
/// direction would be refused.
class rate_budget {
public:
  using time_point = std::chrono::steady_clock::time_point;

  bool is_known() const { return limit_ > 0; }

  /// `in_flight`: sent before and not answered yet; the announcement may or may not know of it.
  void on_reading(const budget_reading& x, double in_flight, time_point now);

  void on_sent(double amount, time_point now);

  /// When there is room for `amount`: now or later. More than the whole budget needs all of it.
  time_point ready_at(double amount, time_point now) const;

private:
  double level(time_point now) const;

  double limit_ = 0;      // 0: nothing is known
  double remaining_ = 0;  // at `since_`; what was sent since is taken off
  double comes_back_ = 0; // at `reset_at_`: what the announcement said was used
  double per_second_ = 0; // what comes in before; 0 until proven
  std::chrono::milliseconds period_{0};
  time_point since_{};
  time_point reset_at_{};
  time_point earliest_reset_{}; // announced in this period
};

/// A limit per minute that the configuration sets: spent evenly, at most one second's worth (or one
/// request) at once. No minute sees more than the limit, the first one included; only a request
/// that is larger than a second's worth by itself may. Pure.
class paced_budget {
public:
  using time_point = std::chrono::steady_clock::time_point;

  /// 0: no limit.
  explicit paced_budget(double per_minute = 0);

  bool is_limited() const { return per_second_ > 0; }
  void on_sent(double amount, time_point now);
  time_point ready_at(double amount, time_point now) const;

private:
  double level(time_point now) const;

  double capacity_;
  double per_second_; // what is there at the start of a minute is taken off
  double level_ = 0;  // at `since_`
  time_point since_{};
};

} // namespace troupe::model_client
