#pragma once

#include "actors/tool_runner/sandbox_plan.hpp"

#include <optional>
#include <string>

namespace troupe::tool_runner {

/// Makes what bubblewrap would otherwise make by name in the thread's private /tmp, whose owner is
/// the agent: the folders and files on which the mounts below /tmp and $TMPDIR lie. Never through a
/// symbolic link; what is in the way gets another name beside it. Result: a sentence for the tool's
/// output when that fails. Blocks; Linux only.
std::optional<std::string> make_mount_points(const sandbox_plan& plan, const std::string& own_tmp);

} // namespace troupe::tool_runner
