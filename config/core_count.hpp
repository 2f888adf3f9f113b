#pragma once

#include <cstddef>

namespace troupe::config {

/// Cores that this process may use: those of the machine, or of the set that it was started with
/// (`taskset`, a container's cpuset). At least 1.
std::size_t core_count();

} // namespace troupe::config
