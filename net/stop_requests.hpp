#pragma once

#include <chrono>
#include <optional>

namespace troupe::net {

/// Tells which signals are one request to stop. Whoever stops a program often signals it twice at
/// once: `timeout` signals the child and then its group, a terminal's Ctrl-C reaches the group and
/// a shell passes it on. Pure: time is an argument.
class stop_requests {
public:
  using time_point = std::chrono::steady_clock::time_point;

  enum class meaning { first, echo, another };

  /// Longer than a busy machine takes between two signals that were sent together; whoever is
  /// impatient and presses Ctrl-C within it presses it again.
  static constexpr std::chrono::milliseconds echo_limit{250};

  meaning on_signal(time_point now) {
    if (!first_) {
      first_ = now;
      return meaning::first;
    }
    return now - *first_ < echo_limit ? meaning::echo : meaning::another;
  }

private:
  std::optional<time_point> first_;
};

} // namespace troupe::net
