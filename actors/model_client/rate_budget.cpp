#include "actors/model_client/rate_budget.hpp"

#include <algorithm>
#include <cmath>

namespace troupe::model_client {

namespace {

using time_point = std::chrono::steady_clock::time_point;

double seconds_between(time_point from, time_point to) {
  return std::max(0.0, std::chrono::duration<double>(to - from).count());
}

/// Rounded up, so that what is waited for has come.
time_point after(time_point x, double seconds) {
  constexpr double longest = 366.0 * 86'400;
  return x + std::chrono::microseconds{
               static_cast<std::int64_t>(std::ceil(std::min(seconds, longest) * 1e6))};
}

/// An announced time that lies this much behind the known one is no matter of rounding and delays.
std::chrono::milliseconds proof_margin(const budget_reading& x) {
  const bool is_in_whole_seconds = x.reset.count() % 1000 == 0;
  return std::chrono::milliseconds{is_in_whole_seconds ? 1500 : 100};
}

/// Of the rate that a budget seems to fill up with; a little less is never refused.
constexpr double refill_share = 0.97;

} // namespace

double rate_budget::level(time_point now) const {
  if (now >= reset_at_ + period_)
    return limit_;
  const auto back = now >= reset_at_ ? comes_back_ : per_second_ * seconds_between(since_, now);
  return std::min(limit_, remaining_ + back);
}

void rate_budget::on_reading(const budget_reading& x, double in_flight, time_point now) {
  const auto reset_at = now + x.reset;
  const auto used = x.limit - x.remaining - 0.5; // what remains is told in whole numbers
  const bool is_same_period = is_known() && now < reset_at_;
  if (now >= earliest_reset_ || reset_at < earliest_reset_)
    earliest_reset_ = reset_at;
  else if (reset_at > earliest_reset_ + proof_margin(x) && used >= x.limit / 4)
    per_second_ = refill_share * used / std::chrono::duration<double>(x.reset).count();
  // Our own count knows of what is still under way; the provider's of what others send.
  const bool counts = is_same_period && per_second_ <= 0;
  remaining_ = counts ? std::min(level(now), x.remaining) : x.remaining - in_flight;
  reset_at_ = is_same_period ? std::max(reset_at_, reset_at) : reset_at;
  limit_ = x.limit;
  comes_back_ = x.limit - x.remaining;
  period_ = std::max(x.reset, period_ * 9 / 10 + std::chrono::milliseconds{10});
  since_ = now;
}

void rate_budget::on_sent(double amount, time_point now) {
  if (!is_known())
    return;
  remaining_ = level(now) - amount;
  since_ = now;
  if (now < reset_at_)
    return;
  // The next period has begun; how long it is, the next answer tells.
  comes_back_ = limit_ - remaining_;
  reset_at_ = now + period_;
}

time_point rate_budget::ready_at(double amount, time_point now) const {
  const auto wanted = std::min(amount, limit_);
  const auto there = level(now);
  if (!is_known() || there >= wanted)
    return now;
  if (now >= reset_at_)
    return reset_at_ + period_; // what came back is not enough: then everything is there
  if (per_second_ <= 0)
    return reset_at_;
  return std::min(reset_at_, after(now, (wanted - there) / per_second_));
}

paced_budget::paced_budget(double per_minute)
  : capacity_(std::max(1.0, per_minute / 60)),
    per_second_(per_minute > 0 ? (per_minute - (capacity_ - 1)) / 60 : 0) {}

double paced_budget::level(time_point now) const {
  return std::min(capacity_, level_ + per_second_ * seconds_between(since_, now));
}

void paced_budget::on_sent(double amount, time_point now) {
  if (!is_limited())
    return;
  level_ = level(now) - amount; // below zero after what is larger than a second's worth
  since_ = now;
}

time_point paced_budget::ready_at(double amount, time_point now) const {
  const auto wanted = std::min(amount, capacity_);
  const auto there = level(now);
  if (!is_limited() || there >= wanted)
    return now;
  return after(now, (wanted - there) / per_second_);
}

} // namespace troupe::model_client
