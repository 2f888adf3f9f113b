#pragma once

#include "actors/tool_runner/shell_words.hpp"

/// Which commands only read, and which destroy. Contract tools.md 6.2 and 6.3.
namespace troupe::tool_runner {

/// Whether the command is one of those that need no question under any policy. A command whose
/// options decide counts only when its words are exact.
bool is_known_safe(const simple_command& command);

/// Whether it is asked for under every policy. A shell counts as its commands.
bool is_dangerous(const simple_command& command);

} // namespace troupe::tool_runner
