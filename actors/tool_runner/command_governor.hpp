#pragma once

#include "messages/ids.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace troupe::tool_runner {

/// Decides which commands of all threads may run at once: pure, with tickets instead of commands.
///
/// Fair: threads that wait take turns, whatever each has queued; within a thread the first to come
/// is the first to run. A command never waits while a place is free. Bounded: beyond `limits` a
/// command is refused, not queued.
class command_governor {
public:
  using ticket = std::uint64_t;

  struct limits {
    static constexpr std::size_t default_waiting = 4096;
    static constexpr std::size_t default_waiting_of_thread = 256;

    std::size_t running = 4; ///< at least 1
    std::size_t waiting = default_waiting;
    std::size_t waiting_of_thread = default_waiting_of_thread;
  };

  enum class answer : std::uint8_t { run, wait, refuse };

  explicit command_governor(const limits& x) : limits_(x) {}

  /// One more command. `run` and `wait` hold until `release`; `ticket` must be new.
  answer request(const thread_id& thread, ticket x);

  /// The command has ended, has given its place back, or does not want it any more. Returns the one
  /// that may run now. Harmless for a ticket that is not known.
  std::optional<ticket> release(ticket x);

  std::size_t running() const { return running_.size(); }
  std::size_t waiting() const { return waiting_.size(); }

private:
  std::optional<ticket> next();

  limits limits_;
  std::unordered_set<ticket> running_;
  std::unordered_map<ticket, thread_id> waiting_;
  std::unordered_map<thread_id, std::deque<ticket>> queues_; ///< never an empty one
  std::deque<thread_id> turns_;                              ///< threads with a queue, next first
};

/// How many commands may run at once on a machine: two for each core and two more, fewer where
/// memory is short (`memory_of_command` each), at least `fewest_commands`.
std::size_t default_running_commands(std::size_t cores, std::uint64_t memory_bytes);

inline constexpr std::size_t fewest_commands = 4;
inline constexpr std::uint64_t memory_of_command = 256ULL * 1024 * 1024;

} // namespace troupe::tool_runner
