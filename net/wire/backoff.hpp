#pragma once

#include "net/net_errc.hpp"

#include <chrono>

namespace troupe::net {

/// Retry delays of contract responses-client, sections 3.5 and 9.2: 200 ms, doubled each time.
inline constexpr std::chrono::milliseconds backoff_base{200};
inline constexpr double backoff_factor = 2;

/// Bounds of the jitter a caller draws (uniform, the upper one excluded).
inline constexpr double backoff_jitter_low = 0.9;
inline constexpr double backoff_jitter_high = 1.1;

/// The contract has no upper bound, clocks have: longer delays count as this one.
inline constexpr std::chrono::milliseconds backoff_ceiling = std::chrono::years{10};

/// The wait before retry `attempt` (1 = the first): base times factor^(attempt-1) times `jitter`,
/// truncated to whole milliseconds. `attempt` 0 counts as 1.
std::chrono::milliseconds backoff_delay(unsigned attempt, double jitter);

/// Whether a request answered with `status` is sent again: 500 to 599 only (so not 429).
constexpr bool should_retry_status(int status) {
  return status >= 500 && status <= 599;
}

} // namespace troupe::net
