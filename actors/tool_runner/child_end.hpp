#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace troupe::tool_runner {

/// How a child has ended.
struct child_end {
  enum class kind : std::uint8_t { exited, signalled, timed_out, not_started };

  kind how = kind::not_started;
  int number = 0;      ///< exit code, or the signal
  std::string problem; ///< of a child that was not started, or was ended for a bound
  std::chrono::nanoseconds duration{0};
  /// Streams that a surviving grandchild still held open: their output counts as empty (contract
  /// tools.md 3.3).
  bool output_held_open = false;
  bool errors_held_open = false;
};

} // namespace troupe::tool_runner
