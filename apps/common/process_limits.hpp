#pragma once

#include <cstddef>
#include <optional>
#include <string>

/// What a process must change of its surroundings before it runs many threads. Once, at the start
/// of main.
namespace troupe::common {

/// How many descriptors a node needs to run a turn with a command, and a simulator for a handful of
/// connections (measured: 28 and 16).
inline constexpr std::size_t node_descriptors = 40;
inline constexpr std::size_t measured_node_descriptors = 28;
inline constexpr std::size_t simulator_descriptors = 24;

/// Why the program cannot work with as few open files as its limit allows; none: it can.
std::optional<std::string> refuse_few_descriptors(std::size_t needed);

/// How many descriptors this process may have open.
std::size_t descriptor_limit();

/// Raises the soft limit of open descriptors to the hard one: each running thread has a connection
/// and a file, each command two pipes, and the usual soft limit of 1,024 dates from before such
/// programs.
void raise_descriptor_limit();

/// A write beyond a file size limit becomes an error of the write instead of the end of the
/// process.
void ignore_file_size_signals();

} // namespace troupe::common
