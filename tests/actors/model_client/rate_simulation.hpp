#pragma once

#include "actors/model_client/rate_governor.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// A fleet of threads, a governor and a provider with a limit, in pure time.
namespace troupe::testing {

using sim_time = model_client::rate_governor::time_point;

inline sim_time at_seconds(double x) {
  return sim_time{} + std::chrono::hours{1} +
         std::chrono::duration_cast<sim_time::duration>(std::chrono::duration<double>(x));
}

struct sim_answer {
  int status = 200;
  model_client::rate_reading reading;
};

/// Answers a request that arrives at that second.
using sim_provider = std::function<sim_answer(double now)>;

/// Fills up all the time: `per_second`, up to `capacity`.
struct bucket_limit {
  double per_second = 20;
  double capacity = 20;
  bool announces = false;
  std::optional<std::chrono::milliseconds> retry_after;
  double level = -1;
  double since = 0;

  sim_answer operator()(double now) {
    level = level < 0 ? capacity : std::min(capacity, level + (now - since) * per_second);
    since = now;
    sim_answer result;
    if (level >= 1)
      level -= 1;
    else
      result = {.status = 429, .reading = {.retry_after = retry_after}};
    if (announces)
      result.reading.requests =
        model_client::budget_reading{.limit = capacity,
                                     .remaining = std::floor(level),
                                     .reset = std::chrono::milliseconds{static_cast<int>(
                                       std::ceil((capacity - level) / per_second * 1000))}};
    return result;
  }
};

/// Full again at the beginning of each period.
struct window_limit {
  double per_window = 20;
  double seconds = 1;
  bool announces = false;
  std::optional<std::chrono::milliseconds> retry_after;
  double window = -1;
  double used = 0;

  sim_answer operator()(double now) {
    if (const auto current = std::floor(now / seconds); current != window) {
      window = current;
      used = 0;
    }
    sim_answer result;
    if (used < per_window)
      used += 1;
    else
      result = {.status = 429, .reading = {.retry_after = retry_after}};
    if (announces)
      result.reading.requests =
        model_client::budget_reading{.limit = per_window,
                                     .remaining = per_window - used,
                                     .reset = std::chrono::milliseconds{static_cast<int>(
                                       std::ceil(((window + 1) * seconds - now) * 1000))}};
    return result;
  }
};

struct fleet {
  std::size_t threads = 400;
  std::size_t turns = 1;
  double latency = 0.01; ///< seconds, each way
  double lag = 0;        ///< seconds from an answer's arrival until the governor hears of it
};

struct fleet_report {
  std::size_t sent = 0;
  std::size_t refused = 0;
  std::size_t failed = 0;  ///< refused too often
  double seconds = 0;      ///< until the last turn is over
  double fairness = 0;     ///< turns of the slowest thread when the first one has finished
  std::size_t at_once = 0; ///< most requests under way

  double refused_share() const {
    return static_cast<double>(refused) / static_cast<double>(std::max<std::size_t>(sent, 1));
  }
};

class fleet_simulation {
public:
  fleet_simulation(fleet x, sim_provider provider, model_client::governor_settings settings = {})
    : fleet_(x), provider_(std::move(provider)), governor_(std::move(settings)),
      left_(x.threads, x.turns), refusals_(x.threads, 0) {}

  fleet_report run() {
    for (std::size_t i = 0; i < fleet_.threads; ++i)
      begin_turn(i);
    while (!events_.empty() || governor_.next_release()) {
      const auto tick = governor_.next_release();
      if (!events_.empty() && (!tick || events_.begin()->first <= *tick)) {
        auto next = events_.extract(events_.begin());
        now_ = next.key();
        next.mapped()();
      } else {
        now_ = std::max(now_, *tick);
        release();
      }
    }
    report_.seconds = seconds_of(last_end_);
    return report_;
  }

private:
  using pass = model_client::rate_pass;

  sim_time later(double seconds) const {
    return now_ +
           std::chrono::duration_cast<sim_time::duration>(std::chrono::duration<double>(seconds));
  }

  static double seconds_of(sim_time x) {
    return std::chrono::duration<double>(x - at_seconds(0)).count();
  }

  model_client::rate_governor::request request_of(std::size_t thread) const {
    model_client::rate_governor::request x;
    x.operation = thread + 1;
    x.thread.bytes[14] = static_cast<std::uint8_t>(thread >> 8);
    x.thread.bytes[15] = static_cast<std::uint8_t>(thread);
    x.provider = "p";
    x.model = "m";
    return x;
  }

  void begin_turn(std::size_t thread) {
    if (left_[thread] == 0) {
      if (!std::exchange(is_fairness_known_, true))
        report_.fairness = static_cast<double>(fleet_.turns - *std::ranges::max_element(left_)) /
                           static_cast<double>(fleet_.turns);
      return;
    }
    if (auto x = governor_.admit(request_of(thread), now_))
      send(thread, std::move(*x));
  }

  void send(std::size_t thread, pass x) {
    ++report_.sent;
    ++under_way_;
    report_.at_once = std::max(report_.at_once, under_way_);
    events_.emplace(later(fleet_.latency), [this, thread, x] {
      const auto answer = provider_(seconds_of(now_));
      events_.emplace(later(fleet_.latency), [this, thread, x, answer] {
        auto settled = x;
        const bool is_told = settled.settle(answer.status, answer.reading.requests.has_value());
        events_.emplace(later(fleet_.lag), [this, thread, settled, is_told, answer] {
          if (is_told)
            governor_.on_answer(settled, answer.status, answer.reading, now_);
          on_answer(thread, answer);
        });
      });
    });
  }

  void on_answer(std::size_t thread, const sim_answer& answer) {
    --under_way_;
    if (answer.status == 429) {
      ++report_.refused;
      if (++refusals_[thread] > governor_.max_refusals()) {
        ++report_.failed;
        end_turn(thread);
      } else {
        governor_.readmit(request_of(thread), now_);
      }
    } else {
      end_turn(thread);
    }
    release();
  }

  void end_turn(std::size_t thread) {
    refusals_[thread] = 0;
    last_end_ = now_;
    --left_[thread];
    begin_turn(thread);
  }

  void release() {
    for (auto& x : governor_.release(now_))
      send(static_cast<std::size_t>(x.operation - 1), std::move(x.pass));
  }

  fleet fleet_;
  sim_provider provider_;
  model_client::rate_governor governor_;
  std::vector<std::size_t> left_; // turns, per thread
  std::vector<std::uint32_t> refusals_;
  std::multimap<sim_time, std::function<void()>> events_;
  sim_time now_ = at_seconds(0);
  sim_time last_end_ = now_;
  std::size_t under_way_ = 0;
  bool is_fairness_known_ = false;
  fleet_report report_;
};

} // namespace troupe::testing
