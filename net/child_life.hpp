#pragma once

// Internal to net/: includes Asio.

#include "net/io_lane.hpp"
#include "net/net_errc.hpp"
#include "net/process_bounds.hpp"
#include "net/spawn.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <sys/types.h>

namespace troupe::net {

class guardian;

struct child_exit {
  std::optional<int> exit_code; ///< set when it exited by itself
  int signal = 0;               ///< set when a signal ended it
  std::string ended_by;         ///< the bound that ended it; empty: none
  bool is_lost = false;         ///< nobody knows how it would have gone on: see `ended_by`
};

/// What is told of a child, on its lane: a failure and nothing else, or its start and then its
/// exit.
struct child_life_listener {
  std::function<void(pid_t)> on_start;
  std::function<void(net_errc, int system_error, std::string detail)> on_failure;
  std::function<void(child_exit)> on_exit;
};

/// The process of a child, apart from its streams: its start, its signals, its exit. Whoever starts
/// one keeps it until the exit, and releases it. Its number stays its own until `release`.
class child_life {
public:
  virtual ~child_life() = default;

  /// The descriptors of the plan have to stay open until the listener has been called.
  virtual void start(spawn_plan plan, child_life_listener listener) = 0;

  /// To its process group; SIGKILL through a guardian reaches all that it has started. Possible
  /// from `start` on, before it is known to run.
  virtual void kill(int signal) = 0;

  /// All its output has ended: most likely it has, too.
  virtual void expect_exit() {}

  /// The listener is not called any more.
  virtual void release() = 0;
};

/// Starts children from this process. They live no longer than the thread of `lane`.
std::shared_ptr<child_life> make_own_life(std::shared_ptr<io_lane> lane);

/// Has `keeper` start them.
std::shared_ptr<child_life> make_guarded_life(std::shared_ptr<io_lane> lane, const guardian& keeper,
                                              process_bounds bounds);

} // namespace troupe::net
