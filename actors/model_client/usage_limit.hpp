#pragma once

#include "actors/model_client/local_time.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace troupe::model_client {

/// What a provider says when an account's limit is reached.
struct usage_limit {
  std::optional<std::string> plan;       ///< `plus`, `pro`, ...
  std::optional<std::int64_t> resets_at; ///< unix seconds
  std::optional<std::string> promo;      ///< advertisement of the provider; goes before the plan
};

/// The sentences for the user: what happened, what the plan can do about it, when it works again
/// (contract responses-client.md 8.3).
std::string usage_limit_text(const usage_limit& x, const wall_clock& clock);

} // namespace troupe::model_client
