#pragma once

#include <chrono>
#include <cstdint>
#include <string>

/// Figures as people read them.
namespace troupe::common {

/// 1234567 is "1,234,567".
std::string with_separators(std::int64_t number);

/// 1234567 is "1.2M"; below 10,000 the number itself. For progress lines.
std::string short_count(std::int64_t number);

/// "250ms", "3.20s", "2m 05s" (contract exec-and-sdk.md 1.9).
std::string duration_text(std::chrono::nanoseconds duration);

} // namespace troupe::common
