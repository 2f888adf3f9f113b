#pragma once

#include "actors/tool_runner/owned_descriptor.hpp"

#include <string_view>

namespace troupe::tool_runner {

/// A file with no name that holds `text` and cannot be changed, to be read from its beginning;
/// closed on exec. Not open: it could not be made.
owned_descriptor memory_file(const char* name, std::string_view text);

} // namespace troupe::tool_runner
