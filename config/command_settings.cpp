#include "config/command_settings.hpp"

#include <fmt/format.h>

namespace troupe::config {

command_settings read_command_settings(const table_reader& tools) {
  command_settings result;
  if (const auto given = tools.integer("max_running")) {
    constexpr std::int64_t most = command_settings::most_running;
    if (*given < 1 || *given > most)
      tools.refuse("max_running",
                   fmt::format("`tools.max_running` must be a number of commands at once from 1 to "
                               "{}; left out, it follows cores and memory",
                               most));
    else
      result.max_running = static_cast<std::size_t>(*given);
  }
  result.shell_snapshot = tools.boolean("shell_snapshot").value_or(true);
  return result;
}

} // namespace troupe::config
