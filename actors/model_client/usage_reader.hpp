#pragma once

#include "actors/model_client/json_scan.hpp"
#include "messages/model_stream.hpp"

#include <optional>

namespace troupe::model_client {

/// A response's `usage` (contract responses-client.md 6.3): input, output and total are required; a
/// details object may be null or absent but not incomplete. None when that does not hold.
std::optional<token_usage> parse_usage(const json_slice& x);

} // namespace troupe::model_client
