#pragma once

#include "config/table_reader.hpp"

#include <cstddef>
#include <optional>

namespace troupe::config {

/// How a node runs the commands of its tools: keys of `[tools]`.
struct command_settings {
  static constexpr std::size_t most_running = 4096;

  std::optional<std::size_t> max_running; ///< at once; absent: by cores and memory
  bool shell_snapshot = true;             ///< off: each command of a login shell starts one
  bool operator==(const command_settings&) const = default;
};

/// `max_running`: 1 to `command_settings::most_running`. Other keys of `[tools]` are left alone.
command_settings read_command_settings(const table_reader& tools);

} // namespace troupe::config
