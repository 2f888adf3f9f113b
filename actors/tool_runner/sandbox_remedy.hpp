#pragma once

#include <string>
#include <string_view>

namespace troupe::tool_runner {

/// What helps on a machine where bubblewrap fails with this complaint: a sentence or two for
/// people. Empty complaint: there is no bubblewrap. `named`: value of the user's variable
/// (bubblewrap_place.hpp), which is to blame for what is not known; may be empty.
std::string sandbox_remedy(std::string_view complaint, std::string_view named = {});

} // namespace troupe::tool_runner
