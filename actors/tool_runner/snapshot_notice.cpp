#include "actors/tool_runner/snapshot_notice.hpp"

#include <fmt/format.h>

namespace troupe::tool_runner {

std::string snapshot_notice(const std::string& shell, const child_end& end,
                            std::chrono::milliseconds limit) {
  switch (end.how) {
  case child_end::kind::not_started: return {};
  case child_end::kind::timed_out:
    return fmt::format(
      "the profile of {} takes more than {:g} s: it cannot be read once for all commands, each "
      "reads it again, and the first ones wait for both. Make it quicker, or save the attempt by "
      "[tools] shell_snapshot = false (docs/tools.md)",
      shell, std::chrono::duration<double>(limit).count());
  case child_end::kind::signalled:
    return fmt::format("a shell that read the profile of {} was ended by signal {}: it cannot be "
                       "read once for all commands, each reads it again (docs/tools.md)",
                       shell, end.number);
  case child_end::kind::exited: break;
  }
  if (!end.problem.empty())
    return fmt::format(
      "a shell that read the profile of {} did not get to its end ({}): it cannot be read once "
      "for all commands, each reads it again (docs/tools.md)",
      shell, end.problem);
  return fmt::format(
    "the profile of {} ends its shell (exit code {}): it cannot be read once for all commands, and "
    "may end theirs before they run. Let it use `return` in place of `exit` (docs/tools.md)",
    shell, end.number);
}

} // namespace troupe::tool_runner
