#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace troupe::net {

/// Folders of the control groups that this process is in, by what they control. Of version 1 each
/// controller may have a hierarchy of its own; of version 2 there is one for all.
struct cgroup_places {
  std::string memory, pids, cpu; ///< version 1; empty: not there
  std::string unified;           ///< version 2; empty: not there
  std::string unified_mount;     ///< where the hierarchy of version 2 begins
  bool operator==(const cgroup_places&) const = default;
};

/// From the texts of /proc/self/cgroup and /proc/self/mountinfo.
cgroup_places find_cgroup_places(std::string_view memberships, std::string_view mounts);

/// Type of the file system on a device, from the text of /proc/self/mountinfo; empty: not mounted.
std::string file_system_of(std::string_view mounts, unsigned major, unsigned minor);

/// Likewise of the mount with this number.
std::string file_system_of_mount(std::string_view mounts, std::uint64_t number);

/// Type of the file system that the mounts give to a path, by its name alone: the file system
/// itself is not asked, and symbolic links are not followed.
std::string file_system_below(std::string_view mounts, std::string_view path);

/// Does the kernel count what a process has had written to it (in /proc/PID/io)?
bool counts_writes(std::string_view type);

/// Does it live in this machine's kernel? Others wait for a network or a program.
bool is_local_file_system(std::string_view type);

/// Name of the group that a guardian makes for its commands; in another process id namespace the
/// same number is another process.
struct cgroup_room_name {
  std::uint64_t pid_namespace = 0;
  std::int32_t pid = 0;
  std::uint64_t start_time = 0;
  bool operator==(const cgroup_room_name&) const = default;
};

std::string to_text(const cgroup_room_name& x);

/// None: not such a name.
std::optional<cgroup_room_name> parse_room_name(std::string_view text);

} // namespace troupe::net
