#pragma once

#include <string>

namespace troupe::tool_runner {

/// Gives what is called `name` in `folder` (an open descriptor) the first free name of
/// "NAME.moved-1" and so on. True: nothing has that name now. Blocks.
bool put_aside(int folder, const std::string& name);

} // namespace troupe::tool_runner
