#pragma once

#include "net/unique_fd.hpp"

#include <string>
#include <utility>
#include <vector>

#include <sys/types.h>

namespace troupe::net {

/// What a child becomes between its birth and its program.
struct spawn_plan {
  enum class terminal : bool { none, controlling }; ///< descriptor 0 becomes the controlling one

  std::vector<std::string> argv; ///< not empty
  std::vector<std::string> environment;
  std::string cwd; ///< empty: ours

  /// (ours, the child's number); all other descriptors are closed.
  std::vector<std::pair<int, int>> descriptors;
  terminal tty = terminal::none;
};

struct spawn_result {
  pid_t pid = -1;     ///< -1: see `error`
  unique_fd watch;    ///< a pidfd: readable when the child has ended
  int error = 0;      ///< errno
  std::string detail; ///< "cannot run 'foo': No such file or directory"
};

/// Starts a child in its own session and process group, with default signal handlers, no blocked
/// signals, SIGTERM when the calling thread ends, and no descriptors but those of the plan.
///
/// Safe in a program with many threads: between birth and exec the child runs on our memory while
/// the calling thread waits, calls nothing but system calls, and allocates nothing.
spawn_result spawn_child(const spawn_plan& plan);

} // namespace troupe::net
