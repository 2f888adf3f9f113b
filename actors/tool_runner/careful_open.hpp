#pragma once

#include "actors/tool_runner/owned_descriptor.hpp"

#include <string>

namespace troupe::tool_runner {

/// Opens an absolute path with these flags (closed on exec), but not through a symbolic link in any
/// of its components. Not open, and errno set, when it cannot; ELOOP for a link.
owned_descriptor open_without_links(const std::string& path, int flags);

} // namespace troupe::tool_runner
