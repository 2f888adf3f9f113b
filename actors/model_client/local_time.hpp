#pragma once

#include <cstdint>
#include <ctime>
#include <functional>
#include <optional>
#include <string>

namespace troupe::model_client {

/// The time of day as people at this computer see it.
struct wall_clock {
  std::function<std::int64_t()> now; ///< unix seconds

  /// Local civil time; none for a time the calendar cannot express.
  std::function<std::optional<std::tm>(std::int64_t unix_seconds)> local;
};

/// The system's clock and time zone.
wall_clock system_clock();

/// `3:05 PM` when it is on the same local date as `now`, else `Jan 3rd, 2024 3:05 PM` (contract
/// responses-client.md 8.3). None when the calendar cannot express it.
std::optional<std::string> local_time_text(const wall_clock& clock, std::int64_t unix_seconds);

} // namespace troupe::model_client
