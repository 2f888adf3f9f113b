#pragma once

#include <algorithm>
#include <chrono>

namespace troupe::node_root {

/// When a failed service comes back: at once the first time, then after growing pauses while it
/// keeps failing. Pure: the caller brings the time.
class restart_policy {
public:
  using clock = std::chrono::steady_clock;

  static constexpr std::chrono::milliseconds first_pause{100};
  static constexpr std::chrono::milliseconds longest_pause{10'000};
  /// A service that ran this long counts as healthy: its failures are forgotten.
  static constexpr std::chrono::seconds healthy_after{60};

  void started(clock::time_point now) { started_ = now; }

  /// The pause before the restart after a failure at `now`.
  std::chrono::milliseconds failed(clock::time_point now) {
    if (now - started_ >= healthy_after)
      pause_ = std::chrono::milliseconds{0};
    const auto result = pause_;
    pause_ = pause_.count() == 0 ? first_pause : std::min(pause_ * 2, longest_pause);
    return result;
  }

private:
  clock::time_point started_;
  std::chrono::milliseconds pause_{0};
};

} // namespace troupe::node_root
