#pragma once

#include <string>
#include <string_view>

namespace troupe::tool_runner {

/// What helps on a machine where bubblewrap fails with this complaint: a sentence or two for
/// people. Empty complaint: there is no bubblewrap.
std::string sandbox_remedy(std::string_view complaint);

} // namespace troupe::tool_runner
