#pragma once

#include "actors/tool_runner/sandbox_plan.hpp"

#include <seccomp.h>

namespace troupe::tool_runner {

/// Adds everything that a sandboxed process may not do to a filter that allows by default. 0 or a
/// negative errno, as libseccomp returns it.
int add_sandbox_rules(scmp_filter_ctx to, network_access network);

} // namespace troupe::tool_runner
