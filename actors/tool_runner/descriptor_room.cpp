#include "actors/tool_runner/descriptor_room.hpp"

#include "actors/tool_runner/owned_descriptor.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace troupe::tool_runner {

bool has_descriptors() {
  constexpr int usual = 48;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > 1 << 20)
    return true;
  const auto most = static_cast<int>(limit.rlim_cur);
  const auto wanted = std::min(usual, most / 3);
  // They are given out from below: where this one is free, those above it are.
  const owned_descriptor lowest{::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, most - wanted)};
  return lowest.number() == most - wanted || (!lowest.is_open() && errno == EBADF);
}

} // namespace troupe::tool_runner
