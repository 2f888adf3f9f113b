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

// Long enough for a limit without savings not to be refused on the way.
constexpr double verification_seconds = 3;

// A limit whose savings are used up refuses as soon as its rate is exceeded: of what it is taken to
// bear, so much may have been reached by then.
constexpr double refused_at_once = 1.4;

// Pauses of this length let a limit save up again, and verification would say nothing.
constexpr std::chrono::milliseconds long_pause{500};

// Requests were waiting nearly all the time.
constexpr double busy_share = 0.8;

// Of a pause, what a limit that saves up what is not used is taken to save.
constexpr std::chrono::seconds max_saved{1};

// What a pause may leave to catch up at once.
constexpr std::chrono::milliseconds max_catch_up{500};

double elapsed_seconds(learned_rate::time_point from, learned_rate::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

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
  case phase::verifying: {
    const auto share = grown_seconds_ / verification_seconds;
    value = floor_ + (ceiling_ - floor_) * share * share;
    break;
  }
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

/// What was accepted per second since the last change; none when requests were not waiting all the
/// time.
std::optional<double> learned_rate::sustained(time_point now) const {
  const auto seconds = elapsed_seconds(counted_from_, now);
  if (seconds <= 0 || grown_seconds_ < busy_share * elapsed_seconds(resumed_at_, now))
    return std::nullopt;
  return static_cast<double>(accepted_) / seconds;
}

learned_rate::effect learned_rate::settle(double accepted_lately, time_point now) {
  const bool held_long = phase_ == phase::settled && grown_seconds_ >= period() / 2;
  const auto reached = per_second();
  const auto since = sustained(now);
  auto next = phase::settled;
  switch (phase_) {
  case phase::unknown: break;
  case phase::searching:
    // After a steep climb what is accepted says more than what was asked for.
    ceiling_ = std::clamp(accepted_lately, reached / 2, reached);
    if (since && !is_chance_)
      next = phase::verifying;
    break;
  case phase::verifying: saves_up_ = reached < refused_at_once * verified_; [[fallthrough]];
  case phase::settled:
    ceiling_ = saves_up_ && since ? std::clamp(*since, reached / 2, reached) : reached;
    break;
  }
  proven_ = std::max(proven_, ceiling_);
  floor_ = ceiling_ * (held_long || saves_up_ ? floor_after_long : floor_after_short);
  if (next == phase::verifying) {
    verified_ = *since;
    floor_ = std::clamp(floor_after_long * verified_, ceiling_ / 4, floor_);
  }
  phase_ = next;
  restart(now);
  return effect::lowered;
}

void learned_rate::restart(time_point now) {
  grown_seconds_ = 0;
  accepted_ = 0;
  refused_ = 0;
  changed_at_ = now;
  counted_from_ = now;
  resumed_at_ = now;
  advanced_to_ = now;
  slack_ = tolerance;
  on_sent(now); // the next one keeps its distance from the refusal
}

void learned_rate::advance(time_point now, bool is_busy) {
  if (is_known() && is_busy && now > advanced_to_)
    grown_seconds_ += elapsed_seconds(advanced_to_, now);
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
  counted_from_ = std::max(counted_from_, end - max_saved);
  resumed_at_ = std::max(resumed_at_, end);
  if (phase_ == phase::verifying && length >= long_pause) {
    phase_ = phase::settled;
    floor_ = ceiling_ * floor_after_short;
  }
}

} // namespace troupe::model_client
