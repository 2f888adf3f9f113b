#pragma once

/// What a process must change of its surroundings before it runs many threads. Once, at the start
/// of main.
namespace troupe::common {

/// Raises the soft limit of open descriptors to the hard one: each running thread has a connection
/// and a file, each command two pipes, and the usual soft limit of 1,024 dates from before such
/// programs.
void raise_descriptor_limit();

/// A write beyond a file size limit becomes an error of the write instead of the end of the
/// process.
void ignore_file_size_signals();

} // namespace troupe::common
