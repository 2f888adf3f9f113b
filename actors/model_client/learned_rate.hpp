#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace troupe::model_client {

/// The rate that a provider bears which announces nothing but refuses what is too much. Pure.
///
/// The first refusal gives a first guess, well below what was accepted just before. From there the
/// rate doubles every two seconds until something is refused again. Then it goes like CUBIC, the
/// congestion control of TCP: a refusal lowers the rate a little; it grows back fast at first,
/// slowly near the last ceiling, and beyond it ever faster. So a fleet stays close to the limit and
/// asks for more about once in `requests_per_probe` requests, which is what bounds the refusals.
///
/// Two kinds of limits look the same until then. Those that save up what is not used had nothing
/// left at the last refusal and have nothing left at this one: what they accepted in between is
/// their rate, and less than what was accepted lately. For those that start afresh each second it
/// is the latter. So the rate goes on from the former towards the latter: where it is refused at
/// once, the limit is one that saves up.
///
/// Some gateways refuse now and then whatever the rate is. When lowering it does not help, the rate
/// is given free again, until most of what is sent is refused.
class learned_rate {
public:
  using time_point = std::chrono::steady_clock::time_point;

  static constexpr double requests_per_probe = 300;
  static constexpr double min_per_second = 1.0 / 60;
  static constexpr double max_per_second = 100'000;
  static constexpr std::chrono::seconds doubling{2};

  bool is_known() const { return phase_ != phase::unknown; }

  enum class effect : std::uint8_t {
    none,    ///< too soon after the last change to mean anything
    lowered, ///< refusals of what was sent before now mean nothing new
    guessed, ///< the same, and the rate is a guess: a pause is in order
  };

  /// A request that was sent after the last change was refused. `accepted_lately`: how many were
  /// accepted within the last second; the first guess comes from it.
  effect on_refusal(double accepted_lately, time_point now);

  /// A request that was sent after the last change was accepted.
  void on_accepted();

  /// Time passes. Only while requests are waiting does the rate grow: a rate that is not used
  /// proves nothing.
  void advance(time_point now, bool is_busy);

  double per_second() const;

  /// A request may be sent at this time: requests keep the distance of the rate.
  time_point ready_at(time_point now) const { return next_at_ > now ? next_at_ : now; }
  void on_sent(time_point now);

  /// Nothing is sent until `end`. What the rate would have allowed within half a second may then be
  /// sent at once.
  void on_pause(std::chrono::milliseconds length, time_point end);

  void forget() { *this = {}; }

private:
  enum class phase : std::uint8_t { unknown, searching, verifying, settled };

  effect guess(double per_second, time_point now);
  effect settle(double accepted_lately, time_point now);
  effect take_for_chance(time_point now);
  void restart(time_point now);
  double period() const;
  std::optional<double> sustained(time_point now) const;

  phase phase_ = phase::unknown;
  double ceiling_ = 0;         // settled: what was reached at the last refusal
  double floor_ = 0;           // right after the last change
  double proven_ = 0;          // what was accepted within a second, at best
  bool is_chance_ = false;     // refusals have been found not to depend on the rate
  double grown_seconds_ = 0;   // since the last change, while requests were waiting
  std::uint64_t accepted_ = 0; // since the last change, of what was sent after it
  std::uint64_t refused_ = 0;
  time_point changed_at_{};
  double verified_ = 0;   // verifying: the rate of a limit that saves up
  bool saves_up_ = false; // the limit is of that kind
  time_point advanced_to_{};
  time_point counted_from_{}; // what was accepted since
  time_point resumed_at_{};   // end of the last change's pause
  time_point next_at_{};
  std::chrono::microseconds slack_{0}; // how far the next sendings may be ahead of the rate
};

} // namespace troupe::model_client
