#pragma once

#include "actors/model_client/rate_headers.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace troupe::model_client {

/// What a message on a WebSocket says of limits, if it refuses a request because of the pace: a
/// failed response with the code `rate_limit_exceeded`, whose text may name a wait, or an event
/// `error` with the status 429, which may carry the headers that the answer over HTTP would have.
/// None for everything else, limits that time does not cure among it. `unix_now` is for dates.
std::optional<rate_reading> read_ws_refusal(std::string_view message, std::int64_t unix_now);

} // namespace troupe::model_client
