#include "actors/model_client/learned_rate.hpp"

#include <algorithm>
#include <cmath>

namespace troupe::model_client {

namespace {

// Of what was accepted within a second before the first refusal: a burst that cannot last is part
// of it.
constexpr double first_guess = 0.55;

// Most of what was sent at a rate was refused: the rate was a burst's.
constexpr double guess_after_collapse = 0.25;
constexpr std::uint64_t refusals_of_collapse = 4;

// A limit refuses nothing far below what it has let through. What is refused there by a provider
// that accepts more than it refuses has nothing to do with the rate.
constexpr double share_of_chance = 0.25;
constexpr std::uint64_t answers_of_chance = 50;

// After a refusal: near a rate that held for long the limit cannot be far.
constexpr double floor_after_long = 0.95;
constexpr double floor_after_short = 0.8;

// Limits that hold for a second refuse everything until it is over: that is one event.
constexpr std::chrono::seconds event_length{1};

// A burst up to this long is taken as one distance: timers are not exact.
constexpr std::chrono::milliseconds tolerance{20};

// What a pause may leave to catch up at once.
constexpr std::chrono::milliseconds max_catch_up{500};

} // namespace

/// Seconds until the last ceiling is reached again.
double learned_rate::period() const {
  return std::max(4.0, requests_per_probe / ceiling_);
}

double learned_rate::per_second() const {
  const auto x = grown_seconds_ / period();
  const auto below = 1 - x;
  double value = 0;
  switch (phase_) {
  case phase::unknown: return max_per_second;
  case phase::searching:
    value = floor_ * std::exp2(grown_seconds_ / static_cast<double>(doubling.count()));
    break;
  case phase::settled:
    value = x <= 1 ? ceiling_ - (ceiling_ - floor_) * below * below * below
                   : ceiling_ * (1 + 0.1 * (x - 1) * (x - 1) * (x - 1));
    break;
  }
  return std::clamp(value, min_per_second, max_per_second);
}

learned_rate::effect learned_rate::on_refusal(double accepted_lately, time_point now) {
  if (!is_known()) {
    proven_ = std::max(accepted_lately, 1.0);
    return guess(first_guess * proven_, now);
  }
  ++refused_;
  if (refused_ >= refusals_of_collapse && refused_ > accepted_) {
    is_chance_ = false;
    proven_ = guess_after_collapse * per_second();
    return guess(proven_, now);
  }
  if (now - changed_at_ < event_length || is_chance_)
    return effect::none;
  if (per_second() < share_of_chance * proven_)
    return take_for_chance(now);
  return settle(accepted_lately, now);
}

learned_rate::effect learned_rate::guess(double per_second, time_point now) {
  floor_ = std::clamp(per_second, min_per_second, max_per_second);
  phase_ = phase::searching;
  restart(now);
  return effect::guessed;
}

/// The rate was lowered again and again, and refusals come as before: they have another reason.
learned_rate::effect learned_rate::take_for_chance(time_point now) {
  is_chance_ = true;
  floor_ = proven_ / 2;
  phase_ = phase::searching;
  restart(now);
  return effect::lowered;
}

void learned_rate::on_accepted() {
  if (++accepted_ + refused_ < answers_of_chance || !is_chance_)
    return;
  accepted_ = 0; // what was long ago says nothing of a limit that comes to hold now
  refused_ = 0;
}

learned_rate::effect learned_rate::settle(double accepted_lately, time_point now) {
  const bool held_long = phase_ == phase::settled && grown_seconds_ >= period() / 2;
  const auto reached = per_second();
  // After a steep climb what is accepted says more than what was asked for.
  ceiling_ =
    phase_ == phase::searching ? std::clamp(accepted_lately, reached / 2, reached) : reached;
  proven_ = std::max(proven_, ceiling_);
  floor_ = ceiling_ * (held_long ? floor_after_long : floor_after_short);
  phase_ = phase::settled;
  restart(now);
  return effect::lowered;
}

void learned_rate::restart(time_point now) {
  grown_seconds_ = 0;
  accepted_ = 0;
  refused_ = 0;
  changed_at_ = now;
  advanced_to_ = now;
  slack_ = tolerance;
  on_sent(now); // the next one keeps its distance from the refusal
}

void learned_rate::advance(time_point now, bool is_busy) {
  if (is_known() && is_busy && now > advanced_to_)
    grown_seconds_ += std::chrono::duration<double>(now - advanced_to_).count();
  advanced_to_ = std::max(advanced_to_, now);
}

void learned_rate::on_sent(time_point now) {
  if (!is_known())
    return;
  const std::chrono::microseconds distance{static_cast<std::int64_t>(1e6 / per_second())};
  next_at_ = std::max<time_point>(next_at_, now - slack_) + distance;
  if (next_at_ > now)
    slack_ = tolerance; // what a pause left is used up
}

void learned_rate::on_pause(std::chrono::milliseconds length, time_point end) {
  if (!is_known())
    return;
  slack_ = std::max<std::chrono::microseconds>(tolerance, std::min(length / 2, max_catch_up));
  if (slack_ > tolerance)
    next_at_ = std::min(next_at_, end - slack_);
  advanced_to_ = std::max(advanced_to_, end); // a pause proves nothing
}

} // namespace troupe::model_client
