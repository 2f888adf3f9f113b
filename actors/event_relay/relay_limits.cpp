#include "actors/event_relay/relay_limits.hpp"

#include <algorithm>

namespace troupe::event_relay {

std::chrono::milliseconds redial_delay(const limits& x, unsigned attempt, double jitter) {
  auto delay = x.first_redial;
  for (unsigned i = 1; i < attempt && delay < x.longest_redial; ++i)
    delay *= 2;
  const auto exact = static_cast<double>(std::min(delay, x.longest_redial).count()) * jitter;
  return std::chrono::milliseconds{static_cast<std::chrono::milliseconds::rep>(exact)};
}

} // namespace troupe::event_relay
