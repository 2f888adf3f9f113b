#pragma once

#include "net/child_birth.hpp"
#include "net/spawn.hpp"
#include "net/unique_fd.hpp"

#include <cstdint>
#include <functional>
#include <vector>

#include <sys/types.h>

/// How the guardian starts a child without waiting for it: a folder or a program on a disk that
/// does not answer holds up nobody but the child.
namespace troupe::net {

/// A folder where a command is likely to write.
struct writable_folder {
  enum class disk : std::uint8_t {
    foreign,  ///< of another machine or a program: it may hang
    counted,  ///< the kernel counts what a process has had written to it
    uncounted ///< it does not
  };

  std::uint64_t device = 0;
  disk kind = disk::foreign;
  std::uint8_t number = 0; ///< as the caller has numbered them
  unique_fd folder;        ///< a path descriptor; none: not sent
};

struct begun_child {
  pid_t pid = -1;   ///< -1: see `error`
  unique_fd report; ///< for `read_report`
  int error = 0;    ///< errno
};

/// Forks a child, as `spawn_child` describes it, that closes all other descriptors at once, enters
/// its folder, tells what `look` says then, and becomes its program. For a process with one thread.
begun_child begin_child(const spawn_plan& plan, const spawn_terms& terms,
                        const std::function<std::vector<writable_folder>()>& look);

/// What a child has told since the last time.
struct start_report {
  enum class kind {
    none,    ///< nothing yet
    entered, ///< its folder; `folders` are set
    failed,  ///< see `reached` and `error`
    over     ///< it is its program, or has ended before
  };

  kind what = kind::none;
  birth_stage reached = birth_stage::starting;
  int error = 0;
  std::vector<writable_folder> folders;
};

/// Does not wait.
start_report read_report(int report);

} // namespace troupe::net
