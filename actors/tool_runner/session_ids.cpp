#include "actors/tool_runner/session_ids.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace troupe::tool_runner {

std::int32_t new_session_id(std::minstd_rand& random, const std::set<std::int32_t>& taken) {
  std::uniform_int_distribution<std::int32_t> any{first_session_id, last_session_id};
  auto id = any(random);
  while (taken.contains(id))
    id = any(random);
  return id;
}

std::optional<std::int32_t> session_to_prune(std::span<const session_use> sessions) {
  if (sessions.size() < max_open_processes)
    return std::nullopt;
  std::vector<session_use> by_use{sessions.begin(), sessions.end()};
  std::sort(by_use.begin(), by_use.end(),
            [](const auto& a, const auto& b) { return a.last_use < b.last_use; });
  by_use.resize(by_use.size() - protected_processes);
  const auto exited = std::find_if(by_use.begin(), by_use.end(),
                                   [](const auto& x) { return x.state == liveness::exited; });
  return exited != by_use.end() ? exited->id : by_use.front().id;
}

std::optional<std::string> open_processes_warning(std::size_t open) {
  if (open < many_open_processes)
    return std::nullopt;
  return fmt::format("Warning: {} processes of exec_command are open and at most {} can be. Go on "
                     "with the open ones or let them end; otherwise the least recently used are "
                     "ended.",
                     open, max_open_processes);
}

} // namespace troupe::tool_runner
