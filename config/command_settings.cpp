#include "config/command_settings.hpp"

#include <fmt/format.h>

namespace troupe::config {

command_settings read_command_settings(const table_reader& tools) {
  command_settings result;
  result.max_running = tools.count("max_running");
  if (result.max_running == 0U || result.max_running > command_settings::most_running)
    tools.refuse("max_running", fmt::format("`tools.max_running` must be 1 to {}",
                                            command_settings::most_running));
  result.shell_snapshot = tools.boolean("shell_snapshot").value_or(true);
  return result;
}

} // namespace troupe::config
