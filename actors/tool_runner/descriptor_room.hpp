#pragma once

#include <cstddef>

namespace troupe::tool_runner {

/// Are as many file descriptors free as the start of a sandbox takes? One that runs out of them
/// halfway cannot tell what it has not seen from what is not there.
bool has_descriptors();

/// How many commands may run at once, each of which may be starting: at least one. Only where the
/// limit of open files is low; else there is no bound.
std::size_t affordable_commands(std::size_t open_file_limit);
std::size_t affordable_commands();

} // namespace troupe::tool_runner
