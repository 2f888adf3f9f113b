#pragma once

#include "net/wire/headers.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

/// What providers say about their limits in the headers of an answer.
namespace troupe::model_client {

/// One budget: `x-ratelimit-limit-*`, `x-ratelimit-remaining-*`, `x-ratelimit-reset-*`.
struct budget_reading {
  double limit = 0;
  double remaining = 0;
  /// Until the budget is full again. Providers that do not say are taken to mean a second.
  std::chrono::milliseconds reset{1000};
  bool operator==(const budget_reading&) const = default;
};

struct rate_reading {
  std::optional<budget_reading> requests;
  std::optional<budget_reading> tokens;
  std::optional<std::chrono::milliseconds> retry_after;
  bool operator==(const rate_reading&) const = default;
};

rate_reading read_rate_headers(const net::header_list& headers, std::int64_t unix_now);

/// Whether an answer says anything of its provider's limits.
bool has_rate_headers(const net::header_list& headers);

/// `1s`, `6m0s`, `20ms`, `1h2m`, or seconds without a unit. At most `longest_retry_after`.
std::optional<std::chrono::milliseconds> read_reset_time(std::string_view text);

} // namespace troupe::model_client
