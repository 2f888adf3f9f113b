#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <sys/types.h>

/// The files that login shells of bash and zsh are known to read.
namespace troupe::tool_runner {

/// What tells one state of a file from another; all zero: it is not there.
struct file_stamp {
  dev_t device = 0;
  ino_t inode = 0;
  off_t size = 0;
  std::int64_t changed_ns = 0; ///< of the content
  std::int64_t touched_ns = 0; ///< of the content, the mode or the name
  bool operator==(const file_stamp&) const = default;
};

/// Their states, in a fixed order; the folder of /etc/profile.d counts with the files in it.
/// `home`: the user's; empty: none. Blocks.
std::vector<file_stamp> profile_stamps(const std::string& home);

} // namespace troupe::tool_runner
