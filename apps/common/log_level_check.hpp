#pragma once

#include <string>

namespace troupe::common {

/// What to tell, once, somebody whose TROUPE_LOG is no level; empty: it is one, or is not set.
std::string unknown_log_level(const char* given);

} // namespace troupe::common
