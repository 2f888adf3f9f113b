#include "actors/model_client/rate_lane.hpp"

#include <algorithm>
#include <cmath>

namespace troupe::model_client {

namespace {

constexpr std::chrono::milliseconds sample_distance{125};

// The unit of most limits that are not per minute: afterwards there is room again.
constexpr std::chrono::seconds pause_after_guess{1};

bool is_success(int status) {
  return status >= 200 && status <= 299;
}

} // namespace

bool rate_pass::settle(int status, bool has_rate_headers) {
  if (!meter)
    return false;
  // What the answer's figures do not count yet; the governor gets to them later, when other answers
  // have come.
  const auto sent = meter->sent.load();
  unanswered = meter->in_flight.fetch_sub(1) - 1 - sent;
  if (is_success(status))
    meter->accepted.fetch_add(1, std::memory_order_relaxed);
  return has_rate_headers || status == 429 || meter->is_watched.load(std::memory_order_relaxed);
}

rate_lane::time_point rate_lane::ready_at(double tokens, time_point now) {
  rate_.advance(now, is_busy_);
  if (rate_.is_known() && !is_busy_ && now - last_refusal_ > memory)
    rate_.forget();
  auto result = std::max(now, paused_until_);
  if (requests_.is_known() || tokens_.is_known()) {
    result = std::max(result, requests_.ready_at(1, now));
    result = std::max(result, tokens_.ready_at(tokens, now));
  }
  if (rate_.is_known())
    return std::max(result, rate_.ready_at(now));
  if (knows_limits() || static_cast<double>(meter_->in_flight.load()) < std::floor(window_))
    return result;
  return std::max(result, probe_at(now));
}

/// The next request beyond the window.
rate_lane::time_point rate_lane::probe_at(time_point now) {
  if (ramp_start_ == time_point{}) {
    ramp_start_ = now;
    next_ramp_ = now + std::chrono::milliseconds{static_cast<int>(1000 / first_ramp)};
  }
  return std::max(now, next_ramp_);
}

rate_pass rate_lane::on_sent(double tokens, time_point now) {
  const auto in_flight = static_cast<double>(meter_->in_flight.fetch_add(1));
  if (!knows_limits() && in_flight >= std::floor(window_)) {
    const auto seconds = std::chrono::duration<double>(now - ramp_start_).count();
    const auto rate =
      std::min(first_ramp * std::exp2(std::min(seconds, 20.0)), learned_rate::max_per_second);
    next_ramp_ = now + std::chrono::microseconds{static_cast<std::int64_t>(1e6 / rate)};
  }
  requests_.on_sent(1, now);
  tokens_.on_sent(tokens, now);
  rate_.on_sent(now);
  meter_->sent.fetch_add(1);
  sample(now);
  return {.lane = 0, .number = sent_++, .tokens = tokens, .meter = meter_};
}

void rate_lane::sample(time_point now) {
  if (now - samples_[newest_sample_].at < sample_distance)
    return;
  newest_sample_ = (newest_sample_ + 1) % samples_.size();
  samples_[newest_sample_] = {now, meter_->accepted.load()};
}

double rate_lane::accepted_lately(time_point now) const {
  // Counts only grow, so the smallest one of the last second is the oldest.
  auto base = meter_->accepted.load();
  const auto total = base;
  for (const auto& x : samples_)
    if (x.at >= now - std::chrono::seconds{1})
      base = std::min(base, x.count);
  return static_cast<double>(total - base);
}

void rate_lane::on_answer(const rate_pass& x, answer what, const rate_reading& reading,
                          time_point now) {
  rate_.advance(now, is_busy_);
  const auto in_flight =
    static_cast<double>(std::max<std::int64_t>(0, x.unanswered + meter_->sent.load()));
  if (reading.requests)
    requests_.on_reading(*reading.requests, in_flight, now);
  if (reading.tokens)
    tokens_.on_reading(*reading.tokens, in_flight * x.tokens, now);
  switch (what) {
  case answer::accepted:
    if (x.number >= changed_at_)
      rate_.on_accepted();
    if (is_busy_)
      window_ = std::min(window_ + window_growth, learned_rate::max_per_second);
    sample(now);
    return;
  case answer::refused: return on_refusal(x, reading, now);
  case answer::other: return;
  }
}

void rate_lane::on_refusal(const rate_pass& x, const rate_reading& reading, time_point now) {
  last_refusal_ = now;
  // An announced budget that is used up explains the refusal; anything else teaches a rate.
  const bool is_explained = (reading.requests && reading.requests->remaining < 1) ||
                            (reading.tokens && reading.tokens->remaining < x.tokens);
  auto effect = learned_rate::effect::none;
  if (!is_explained && x.number >= changed_at_)
    effect = rate_.on_refusal(accepted_lately(now), now);
  if (effect != learned_rate::effect::none)
    changed_at_ = sent_;
  if (reading.retry_after)
    pause(std::min<std::chrono::milliseconds>(*reading.retry_after, longest_pause), now);
  else if (effect == learned_rate::effect::guessed)
    pause(pause_after_guess, now);
}

void rate_lane::pause(std::chrono::milliseconds length, time_point now) {
  if (now + length <= paused_until_)
    return;
  paused_until_ = now + length;
  rate_.on_pause(length, paused_until_);
}

void rate_lane::set_busy(bool x, time_point now) {
  rate_.advance(now, is_busy_);
  is_busy_ = x;
  meter_->is_watched.store(x || knows_limits(), std::memory_order_relaxed);
}

} // namespace troupe::model_client
