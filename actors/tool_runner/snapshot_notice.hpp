#pragma once

#include "actors/tool_runner/child_end.hpp"

#include <chrono>
#include <string>

namespace troupe::tool_runner {

/// What the user is told when the shell at the path `shell` has read its profile and has left no
/// snapshot: what happened, what it costs, what helps. Empty: nothing, because no sandbox can be
/// set up, which is told elsewhere. `limit`: how long it was waited for.
std::string snapshot_notice(const std::string& shell, const child_end& end,
                            std::chrono::milliseconds limit);

} // namespace troupe::tool_runner
