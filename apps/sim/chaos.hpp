#pragma once

#include "apps/sim/decision.hpp"
#include "apps/sim/service_rules.hpp"

#include <optional>
#include <string_view>

namespace troupe::sim {

/// A fault as it was chosen for one exchange.
struct chosen_fault {
  std::string_view name; ///< of the scenario's, or constant
  fault_effect effect;
};

/// Whether chaos hits an exchange, and how: a pure function of the place in the run, like every
/// other choice. `attempt`: how often in a row the same request has come, from 1.
std::optional<chosen_fault> drawn(const chaos_rule& x, const decision& from, std::uint64_t attempt);

} // namespace troupe::sim
