#pragma once

#include "config/config.hpp"
#include "config/environment.hpp"

#include <optional>
#include <string>

namespace troupe::common {

/// Asks the configured provider, a local server, whether it is there and will do. None: it will.
/// Else what is wrong and what helps, for people. Blocks, some seconds at most.
std::optional<std::string> refuse_local_server(const config::config& settings,
                                               const config::environment& variables);

} // namespace troupe::common
