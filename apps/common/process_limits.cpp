#include "apps/common/process_limits.hpp"

#include <csignal>
#include <fmt/format.h>
#include <limits>
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

std::size_t descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
    return std::numeric_limits<std::size_t>::max();
  return limit.rlim_cur;
}

std::optional<std::string> refuse_few_descriptors(std::size_t needed) {
  if (descriptor_limit() >= needed)
    return std::nullopt;
  return fmt::format("only {} files may be open at once, and {} are needed at least: raise the "
                     "limit (ulimit -n)",
                     descriptor_limit(), needed);
}

void ignore_file_size_signals() {
  std::signal(SIGXFSZ, SIG_IGN);
}

} // namespace troupe::common
