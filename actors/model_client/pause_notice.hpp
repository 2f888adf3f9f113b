#pragma once

#include "actors/model_client/rate_governor.hpp"
#include "actors/model_client/rate_headers.hpp"
#include "config/log_notices.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace troupe::model_client {

/// Shorter pauses are waited for without a word.
inline constexpr std::chrono::seconds shortest_told_pause{10};

/// What to tell somebody whose requests wait because a provider has refused one and named a time;
/// none: it named none, or a short one.
std::optional<std::string> pause_text(std::string_view provider, std::string_view model,
                                      const rate_reading& refusal);

/// Tells standard error, of each provider once in a while.
void tell_pause(log::notice_limit& limit, const rate_governor::request& waiting,
                const rate_reading& refusal);

} // namespace troupe::model_client
