#pragma once

#include <cstddef>
#include <string>
#include <string_view>

/// How many tasks the system's limit of open files lets run at once.
namespace troupe::run {

/// Open while nothing runs (12 to 15, measured), and for a moment while a command starts (12).
inline constexpr std::size_t descriptors_of_node = 40;

/// Of a task at work: its rollout, its connection, a command's process and two pipes, and one in
/// reserve, since some run two commands at once.
inline constexpr std::size_t descriptors_of_task = 6;

/// Of a command that starts in the sandbox, beyond that of the node; and what such a task holds
/// open beyond the others.
inline constexpr std::size_t descriptors_of_sandbox = 48;
inline constexpr std::size_t descriptors_of_sandboxed_task = 6;

enum class sandbox_use : bool { none, possible };
enum class model_place : bool { elsewhere, in_process };

/// At least 1. A simulated model in this process holds the other end of each connection, too.
std::size_t affordable_tasks(std::size_t open_file_limit, model_place model, sandbox_use sandbox);

/// Tells that fewer tasks run at once than were asked for, with a newline.
std::string fewer_tasks_text(std::size_t affordable, std::size_t wanted,
                             std::size_t open_file_limit);

/// Whether an error of a task says that too many files were open: it may succeed beside fewer.
bool is_out_of_descriptors(std::string_view error);

} // namespace troupe::run
