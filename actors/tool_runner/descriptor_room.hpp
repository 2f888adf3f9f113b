#pragma once

namespace troupe::tool_runner {

/// Are as many file descriptors free as the start of a sandbox takes? One that runs out of them
/// halfway cannot tell what it has not seen from what is not there.
bool has_descriptors();

} // namespace troupe::tool_runner
