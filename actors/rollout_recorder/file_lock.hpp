#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// The lock that keeps two processes from appending to one rollout. Advisory, held while the file
/// is open for appending; it goes with the process, however that ends.
namespace troupe::rollout_recorder {

enum class lock_outcome : std::uint8_t {
  locked,
  held_here,     ///< by another descriptor of this process
  held_elsewhere ///< by another process
};

struct lock_result {
  lock_outcome outcome = lock_outcome::locked;
  std::string holder; ///< "process 1234 (troupe)", or "another process" when it cannot be told
};

/// Does not wait. A file system without locks counts as locked: the lock is a safeguard, and
/// without it threads still work.
lock_result lock_file(int descriptor);

/// The file that a line of /proc/locks speaks of.
struct file_identity {
  unsigned device_major = 0;
  unsigned device_minor = 0;
  std::uint64_t inode = 0;
};

/// The process that holds a whole-file lock (FLOCK) on the file, by the text of /proc/locks.
std::optional<int> find_lock_holder(std::string_view proc_locks, const file_identity& file);

} // namespace troupe::rollout_recorder
