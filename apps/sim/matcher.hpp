#pragma once

#include "apps/sim/decision.hpp"
#include "apps/sim/request_view.hpp"
#include "apps/sim/scenario.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace troupe::sim {

/// Where a request stands in its thread.
struct request_place {
  std::uint64_t request = 1;              ///< number of this request, from 1
  std::uint64_t attempt = 1;              ///< how often in a row this very request has come, from 1
  std::int64_t previous_input_tokens = 0; ///< of the thread's request before; 0: none
  sim::transport transport = sim::transport::http;
};

/// The groups of a condition's patterns, the whole match first; empty without a pattern. The views
/// point into the request view.
struct match_groups {
  std::vector<std::string_view> user;
  std::vector<std::string_view> output;
};

/// Whether a condition holds. `from` is where its chance is drawn.
std::optional<match_groups> match(const condition& x, const request_view& request,
                                  const request_place& place, const decision& from);

} // namespace troupe::sim
