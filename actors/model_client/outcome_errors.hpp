#pragma once

#include "actors/model_client/http_errors.hpp"
#include "net/http_client.hpp"

#include <string_view>

namespace troupe::model_client {

/// What the caller is told of an answer in one piece that is not a success: it never came, broke
/// off, or has another status. `secrets` are masked in what it repeats.
model_error error_of(const net::call_outcome& x, std::string_view url, const wall_clock& clock,
                     const secret_values& secrets);

} // namespace troupe::model_client
