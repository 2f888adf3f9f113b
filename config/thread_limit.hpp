#pragma once

#include <cstdint>
#include <optional>
#include <string>

/// What to tell somebody whose system refuses this process another thread.
namespace troupe::config {

/// The bounds that are known to stand in the way; none: there is none, or it cannot be read.
struct thread_limits {
  std::optional<std::uint64_t> user;  ///< RLIMIT_NPROC: processes and threads of this user
  std::optional<std::uint64_t> group; ///< pids.max: of this container or service
  std::string group_file;             ///< where `group` stands

  /// RLIMIT_AS in bytes, when it leaves no room for another thread's stack: the cause then, for the
  /// system answers a refused stack and a refused process with the same error.
  std::optional<std::uint64_t> address_space;
};

/// Those of this process: its own limit, and the tightest one of its control groups.
thread_limits read_thread_limits();

/// A sentence with the cause and what to raise, without a newline.
std::string thread_limit_text(const thread_limits& x);

/// Tells standard error why no thread can be started, and ends the process at once with exit code
/// 1. For `net::thread_start_guard`.
void end_without_threads(int error) noexcept;

} // namespace troupe::config
