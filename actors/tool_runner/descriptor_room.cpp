#include "actors/tool_runner/descriptor_room.hpp"

#include "actors/tool_runner/owned_descriptor.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>

namespace troupe::tool_runner {

namespace {

constexpr int descriptors_of_start = 48;

} // namespace

bool has_descriptors() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > 1 << 20)
    return true;
  const auto most = static_cast<int>(limit.rlim_cur);
  const auto wanted = std::min(descriptors_of_start, most / 3);
  // They are given out from below: where this one is free, those above it are.
  const owned_descriptor lowest{::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, most - wanted)};
  return lowest.number() == most - wanted || (!lowest.is_open() && errno == EBADF);
}

std::size_t affordable_commands(std::size_t open_file_limit) {
  constexpr std::size_t low = 1024;
  constexpr std::size_t of_node = 60; // with some rollouts and connections
  if (open_file_limit >= low)
    return std::numeric_limits<std::size_t>::max();
  return std::max<std::size_t>(1, (std::max(open_file_limit, of_node) - of_node) /
                                    static_cast<std::size_t>(descriptors_of_start));
}

std::size_t affordable_commands() {
  rlimit limit{};
  return affordable_commands(::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur
                                                                     : RLIM_INFINITY);
}

} // namespace troupe::tool_runner
