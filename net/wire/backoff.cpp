#include "net/wire/backoff.hpp"

#include <algorithm>
#include <cmath>

namespace troupe::net {

std::chrono::milliseconds backoff_delay(unsigned attempt, double jitter) {
  const auto doublings = static_cast<double>(std::max(attempt, 1U) - 1);
  const auto exact =
    static_cast<double>(backoff_base.count()) * std::pow(backoff_factor, doublings) * jitter;
  if (!(exact < static_cast<double>(backoff_ceiling.count()))) // also infinity and not-a-number
    return backoff_ceiling;
  return std::chrono::milliseconds{static_cast<std::chrono::milliseconds::rep>(exact)};
}

} // namespace troupe::net
