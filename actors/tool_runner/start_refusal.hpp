#pragma once

#include "messages/ids.hpp"
#include "net/process.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// Children that were not started because nothing could be: no fault of the command's.
namespace troupe::tool_runner {

struct run_context;

/// What forbids every start; none: the command itself is to blame, or it was started.
enum class start_obstacle : std::uint8_t { none, guardian, processes, descriptors, memory };

/// As much of an output as tells whether it is but a complaint of bubblewrap.
inline constexpr std::size_t complaint_head_bytes = 256;

start_obstacle obstacle_of(const net::process_outcome& x);

/// What helps where the system refuses another process: a sentence without its full stop.
inline constexpr std::string_view process_remedy =
  "Raise the limit of processes (`ulimit -u`, or pids.max of the container or service: docker run "
  "--pids-limit, TasksMax= of systemd) or end other programs";

/// Whether a complaint of bubblewrap, or of the shell of its trial, says that it got no process.
bool is_short_of_processes(std::string_view complaint);

/// Why a bubblewrap has ended before its command began, whatever its exit code: what it said, or
/// that it said nothing. Empty: the command is to blame, because there is no such program or
/// folder.
std::string complaint_of_bubblewrap(const net::process_outcome& x, std::string_view output);

/// Of a bubblewrap that got no process, memory or descriptor for its command: as a start that the
/// system refused. None: it is something else.
std::optional<net::process_outcome> refused_by_system(std::string_view complaint);

/// "no command can be started here: ...", with the remedy; empty: nothing forbids it.
std::string start_refusal_text(const net::process_outcome& x);

/// Counts the call of `thread` as refused when nothing could be started, and tells the user why,
/// each obstacle once in the life of this program.
void tell_start_refusal(const run_context& context, const thread_id& thread,
                        const net::process_outcome& x);

} // namespace troupe::tool_runner
