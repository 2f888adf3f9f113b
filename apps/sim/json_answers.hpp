#pragma once

#include "apps/sim/answer.hpp"

#include <string>
#include <string_view>

namespace troupe::sim {

/// A complete answer of JSON.
answer json_answer(int status, std::string body);

/// An error as providers write them: `{"error":{"message","type","code"?}}`. An empty `code` is
/// left out.
answer error_answer(int status, std::string_view message, std::string_view type = "sim_error",
                    std::string_view code = {});

} // namespace troupe::sim
