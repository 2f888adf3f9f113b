#pragma once

#include "net/wire/headers.hpp"

#include <chrono>
#include <cstdint>
#include <optional>

namespace troupe::model_client {

/// Longer waits count as this one, so that no sum of times overflows.
inline constexpr std::chrono::milliseconds longest_retry_after = std::chrono::years{1};

/// The header `Retry-After`: seconds (with a fraction, as some gateways write), or an HTTP date
/// (`Sun, 06 Nov 1994 08:49:37 GMT`), which gives the time from `unix_now` until then, at least 0.
/// None when there is no such header or it is neither.
std::optional<std::chrono::milliseconds> read_retry_after(const net::header_list& headers,
                                                          std::int64_t unix_now);

} // namespace troupe::model_client
