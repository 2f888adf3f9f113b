#pragma once

#include <string_view>

namespace troupe::common {

/// "X.Y.Z", of the program as a whole.
std::string_view program_version();

} // namespace troupe::common
