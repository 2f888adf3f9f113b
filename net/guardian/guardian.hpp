#pragma once

#include "net/limits.hpp"
#include "net/process_bounds.hpp"
#include "net/unique_fd.hpp"

#include <atomic>
#include <chrono>
#include <memory>
#include <span>
#include <utility>

#include <sys/types.h>

namespace troupe::net {

struct spawn_plan;

enum class cgroup_use : bool { never, where_possible };

struct guardian_terms {
  cgroup_use cgroups = cgroup_use::where_possible;

  /// A child whose folder or program has not answered so long is given up.
  std::chrono::milliseconds start_limit = spawn_limit;
};

/// The program's end of its guardian: a small process of its own that starts all children, bounds
/// them, and ends them when this program has ended, in whatever way.
///
/// Owned by `main`, outlives every pool that uses it. Usable from any thread.
class guardian {
public:
  /// Forks the guardian: to be called first of all, while this process has one thread and hardly
  /// any memory. `arguments` are those of `main`, whose place in the list of processes gets another
  /// text in the guardian. Null when it cannot be forked.
  static std::unique_ptr<guardian> start(std::span<char*> arguments,
                                         const guardian_terms& terms = {});

  /// Has all children ended that are left, and waits for that (at most `guardian_end_limit`). When
  /// the guardian was killed, ends what it has left behind.
  ~guardian();
  guardian(const guardian&) = delete;
  guardian& operator=(const guardian&) = delete;

  /// Asks for a child whose news are to come through `channel`, the other end of which the caller
  /// keeps. 0, or an errno: EAGAIN when it cannot take more at this moment; EPIPE when it has
  /// ended.
  int ask(const spawn_plan& plan, const process_bounds& bounds, int channel) const;

  /// Lets it go on, should somebody have stopped it: before anything is asked of it.
  void wake() const;

  /// Before this process: somebody has killed it.
  bool has_ended() const;

  /// To be called when it turns out that the guardian has ended before this process: what it leaves
  /// behind has become ours, as its subreaper's. Ends everything below this process, once. Looks
  /// through all processes, which takes milliseconds.
  void end_orphans() const;

  pid_t pid() const { return pid_; }

  /// True once: who gets it tells the user how bounds are held.
  bool claim_notice() const { return !has_told_.test_and_set(); }

private:
  guardian(pid_t pid, unique_fd requests) : pid_(pid), requests_(std::move(requests)) {}

  pid_t pid_;
  unique_fd requests_;
  mutable std::atomic_flag has_told_;
  mutable std::atomic_flag has_ended_orphans_;
};

} // namespace troupe::net
