#pragma once

#include <chrono>

namespace troupe::net {

/// `from` and `by` later; the end of time where the sum would pass it: limits come from
/// configuration files and may be absurd.
inline std::chrono::steady_clock::time_point
deadline_after(std::chrono::steady_clock::time_point from, std::chrono::milliseconds by) {
  using time_point = std::chrono::steady_clock::time_point;
  const auto room = std::chrono::floor<std::chrono::milliseconds>(time_point::max() - from);
  return by < room ? from + by : time_point::max();
}

} // namespace troupe::net
