#pragma once

#include "messages/model_stream.hpp"

#include <optional>
#include <string_view>

namespace troupe::model_client {

/// The WebSocket event `codex.rate_limits` (contract responses-client.md 7.2). None when it is
/// unparsable; everything in it may be absent.
std::optional<rate_limits> parse_rate_limit_event(std::string_view event_json);

} // namespace troupe::model_client
