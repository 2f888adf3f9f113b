#pragma once

#include "messages/ids.hpp"
#include "net/process.hpp"

#include <cstdint>
#include <string>
#include <string_view>

/// Children that were not started because nothing could be: no fault of the command's.
namespace troupe::tool_runner {

struct run_context;

/// What forbids every start; none: the command itself is to blame, or it was started.
enum class start_obstacle : std::uint8_t { none, guardian, processes, descriptors, memory };

start_obstacle obstacle_of(const net::process_outcome& x);

/// What helps where the system refuses another process: a sentence without its full stop.
inline constexpr std::string_view process_remedy =
  "Raise the limit of processes (`ulimit -u`, or pids.max of the container or service: docker run "
  "--pids-limit, TasksMax= of systemd) or end other programs";

/// "no command can be started here: ...", with the remedy; empty: nothing forbids it.
std::string start_refusal_text(const net::process_outcome& x);

/// Counts the call of `thread` as refused when nothing could be started, and tells the user why,
/// each obstacle once in the life of this program.
void tell_start_refusal(const run_context& context, const thread_id& thread,
                        const net::process_outcome& x);

} // namespace troupe::tool_runner
