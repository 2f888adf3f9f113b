#include "apps/common/process_limits.hpp"

#include <csignal>
#include <sys/resource.h>

namespace troupe::common {

void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max)
    return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE,
              &limit); // where that is refused, the old limit works for fewer threads
}

void ignore_file_size_signals() {
  std::signal(SIGXFSZ, SIG_IGN);
}

} // namespace troupe::common
