#pragma once

#include "net/unique_fd.hpp"

#include <csignal>
#include <cstdint>
#include <optional>
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

  /// It gets a mount namespace of its own, where these cannot be changed (see read_only_cover.hpp).
  std::vector<std::string> read_only_files;
};

/// Under which conditions it lives.
struct spawn_terms {
  int death_signal = SIGTERM; ///< when the calling thread ends
  std::vector<int> cgroups;   ///< open files of tasks or processes that it enters, all or none
  std::uint64_t max_file_bytes = 0;   ///< 0: as ours
  std::uint64_t open_descriptors = 0; ///< soft limit; 0: as ours
  std::optional<int> niceness;        ///< none: ours
};

struct spawn_result {
  pid_t pid = -1;     ///< -1: see `error`
  unique_fd watch;    ///< a pidfd: readable when the child has ended
  int error = 0;      ///< errno
  std::string detail; ///< "cannot run 'foo': No such file or directory"
};

/// Starts a child in its own session and process group, with default signal handlers, no blocked
/// signals, the death signal of `terms` when the calling thread ends, and no descriptors but those
/// of the plan.
///
/// Safe in a program with many threads: between birth and exec the child runs on our memory while
/// the calling thread waits, calls nothing but system calls, and allocates nothing. A folder or
/// program on a disk that does not answer holds up that thread; the guardian does not start
/// children so.
spawn_result spawn_child(const spawn_plan& plan, const spawn_terms& terms = {});

} // namespace troupe::net
