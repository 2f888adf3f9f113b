#include "config/core_count.hpp"

#include <sched.h>

namespace troupe::config {

std::size_t core_count() {
  cpu_set_t cores;
  if (sched_getaffinity(0, sizeof(cores), &cores) != 0)
    return 1;
  return static_cast<std::size_t>(CPU_COUNT(&cores));
}

} // namespace troupe::config
