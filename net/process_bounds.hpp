#pragma once

#include <cstdint>

namespace troupe::net {

inline constexpr std::uint32_t threads_per_process = 4;

/// What a child may take together with everything it starts. 0: no bound.
struct process_bounds {
  std::uint64_t max_memory_bytes = 0;
  std::uint32_t max_processes = 0;  ///< and `threads_per_process` times as many threads
  std::uint64_t max_file_bytes = 0; ///< of each file that is written
  bool operator==(const process_bounds&) const = default;

  bool is_bounded() const { return max_memory_bytes != 0 || max_processes != 0; }
};

} // namespace troupe::net
