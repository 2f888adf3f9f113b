#pragma once

#include "actors/model_client/learned_rate.hpp"
#include "actors/model_client/rate_budget.hpp"
#include "actors/model_client/rate_headers.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace troupe::model_client {

/// What the threads that see answers count for a lane without asking anybody.
struct lane_meter {
  std::atomic<std::int64_t> in_flight{0}; ///< sent, and no answer yet
  std::atomic<std::int64_t> sent{0};
  std::atomic<std::uint64_t> accepted{0}; ///< answered with success
  std::atomic<bool> is_watched{false};    ///< every answer is to be reported
};

/// The allowance of one request. Its holder gives it back exactly once: `rate_governor::on_answer`
/// or, when `settle` says that this is enough, nothing more.
struct rate_pass {
  std::size_t lane = 0;
  std::uint64_t number = 0; ///< in the order of sending, per lane
  double tokens = 0;
  std::shared_ptr<lane_meter> meter;
  std::int64_t unanswered = 0; ///< how many were in flight at `settle`, less all that had been sent

  /// The answer's head has come, from any thread; `status` 0: there will be none. True: tell the
  /// governor, with this pass.
  bool settle(int status, bool has_rate_headers);
};

/// What one provider bears for one model, as far as it is known, and when the next request may be
/// sent (issue 3: limits). Pure.
///
/// Nothing known: requests are let go as answers come in, and slowly more; a time ramp lets a slow
/// provider not hold everybody up. Announced budgets are kept. Without them refusals teach a rate.
class rate_lane {
public:
  using time_point = std::chrono::steady_clock::time_point;

  /// Requests without an answer while nothing is known, at first: what is refused at the limit is
  /// at most what was under way when it was reached.
  static constexpr double first_window = 2;
  /// By this the window grows with each answer, when it is what holds requests up.
  static constexpr double window_growth = 0.125;
  /// Requests per second that are let go beyond the window, doubled each second.
  static constexpr double first_ramp = 10;
  /// After this long without a refusal what it taught is forgotten.
  static constexpr std::chrono::minutes memory{10};
  /// A wait that a provider asks for counts as this one when it is longer.
  static constexpr std::chrono::hours longest_pause{1};

  rate_lane() : meter_(std::make_shared<lane_meter>()) {}

  /// When a request of that size may be sent: now, or when to ask again at the latest.
  time_point ready_at(double tokens, time_point now);

  /// It is sent now.
  rate_pass on_sent(double tokens, time_point now);

  enum class answer : std::uint8_t { accepted, refused, other };

  void on_answer(const rate_pass& x, answer what, const rate_reading& reading, time_point now);

  /// Whether requests wait for this lane.
  void set_busy(bool x, time_point now);

  bool knows_limits() const {
    return requests_.is_known() || tokens_.is_known() || rate_.is_known();
  }

  /// Whether a request has ever been answered with success.
  bool has_accepted() const { return meter_->accepted.load(std::memory_order_relaxed) > 0; }

  /// Requests per second that a refusal has taught; 0: none has.
  double learned_per_second() const { return rate_.is_known() ? rate_.per_second() : 0; }

private:
  void sample(time_point now);
  double accepted_lately(time_point now) const;
  void on_refusal(const rate_pass& x, const rate_reading& reading, time_point now);
  void pause(std::chrono::milliseconds length, time_point now);
  time_point probe_at(time_point now);

  struct accepted_sample {
    time_point at{};
    std::uint64_t count = 0;
  };

  std::shared_ptr<lane_meter> meter_;
  rate_budget requests_;
  rate_budget tokens_;
  learned_rate rate_;
  double window_ = first_window;
  bool is_busy_ = false;
  std::uint64_t sent_ = 0;
  std::uint64_t changed_at_ = 0; // answers to requests sent before say nothing of the learned rate
  time_point paused_until_{};
  time_point last_refusal_{};
  time_point ramp_start_{};
  time_point next_ramp_{};
  std::array<accepted_sample, 9> samples_; // an eighth of a second apart
  std::size_t newest_sample_ = 0;
};

} // namespace troupe::model_client
