#pragma once

#include "apps/sim/service_rules.hpp"

#include <string>
#include <utility>
#include <vector>

namespace troupe::sim {

/// The figures as response headers (contract responses-client, section 7.1).
std::vector<std::pair<std::string, std::string>>
subscription_headers(const subscription_figures& x);

/// The figures as the data of an event `codex.rate_limits` (section 7.2).
std::string subscription_event(const subscription_figures& x);

} // namespace troupe::sim
