#pragma once

#include "actors/rollout_recorder/listing.hpp"
#include "messages/ids.hpp"

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>

/// Finding rollouts below the state directory. Blocks; what cannot be read is as if it were not
/// there.
namespace troupe::rollout_recorder {

/// Local time as a file name carries it; none when the system cannot tell it.
std::optional<std::chrono::sys_seconds> local_time(std::chrono::system_clock::time_point time);

/// Whether a walk goes on.
enum class walk : std::uint8_t { on, stop };

/// Visits the rollouts below `folder`/YYYY/MM/DD, newest first: days in descending order, within a
/// day by file-name time and id.
void walk_dated(const std::filesystem::path& folder,
                const std::function<walk(const list_candidate&)>& visit);

/// The same for a flat folder.
void walk_flat(const std::filesystem::path& folder,
               const std::function<walk(const list_candidate&)>& visit);

/// The file of a thread below `folder`. A version 7 id tells the second of its creation, so that
/// usually no folder has to be searched.
std::optional<std::filesystem::path> find_dated(const std::filesystem::path& folder,
                                                const thread_id& thread);

/// The same for a flat folder.
std::optional<std::filesystem::path> find_flat(const std::filesystem::path& folder,
                                               const thread_id& thread);

/// None when it cannot be told.
std::optional<sys_milliseconds> modification_time(const std::filesystem::path& file);

} // namespace troupe::rollout_recorder
