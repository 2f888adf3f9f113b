#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

/// What a command of a tool may take together with everything it starts: `[tools]` of config.toml.
namespace troupe::config {

class table_reader;

struct tool_bounds {
  static constexpr std::uint32_t default_processes = 1024;
  static constexpr std::uint64_t default_file_bytes = 16ull * 1024 * 1024 * 1024;

  std::optional<std::uint64_t> max_memory_bytes; ///< absent: half of what this machine lets us use
  std::uint32_t max_processes = default_processes;
  std::uint64_t max_file_bytes = default_file_bytes; ///< of each file
  bool operator==(const tool_bounds&) const = default;
};

/// `max_memory` and `max_file_size` are numbers of bytes or texts like "8 GiB"; 0 means no bound,
/// as for `max_processes`. What could not even run a shell (16 MiB, 8 processes, 1 MiB) is refused.
tool_bounds read_tool_bounds(const table_reader& from);

/// "8 GiB", "512MiB", "1.5 GiB", "1000000": bytes. Units are B, KiB, MiB, GiB, TiB.
std::optional<std::uint64_t> parse_size(std::string_view text);

} // namespace troupe::config
