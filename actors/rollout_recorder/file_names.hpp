#pragma once

#include "messages/ids.hpp"

#include <chrono>
#include <compare>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

/// Where rollouts lie and what their names say (contract rollouts.md 1).
namespace troupe::rollout_recorder {

/// What a file name says. Ordered by time, then id: the order of listings.
struct rollout_name {
  std::chrono::sys_seconds time; ///< local time of creation, read as if it were UTC
  thread_id thread;
  auto operator<=>(const rollout_name&) const = default;
};

/// "rollout-2026-02-07T10-15-04-<id>.jsonl".
std::string file_name(const rollout_name& x);

/// "2026/02/07/rollout-...": below the sessions folder.
std::filesystem::path dated_path(const rollout_name& x);

/// None for names that are not a rollout's; such files are ignored everywhere.
std::optional<rollout_name> parse_file_name(std::string_view name);

/// When a thread with a version 7 id was created; none for other versions.
std::optional<std::chrono::system_clock::time_point> creation_time(const thread_id& id);

} // namespace troupe::rollout_recorder
