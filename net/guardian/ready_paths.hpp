#pragma once

#include "net/unique_fd.hpp"

#include <cstdint>
#include <map>
#include <string>

/// What the guardian can open without waiting for anybody.
namespace troupe::net {

/// Opens paths of this machine's own disks that the kernel knows by heart. All others are left to
/// somebody who may wait, as are all of them on a kernel before 5.12.
class ready_paths {
public:
  ready_paths();

  /// A path descriptor; none: not at once.
  unique_fd folder(const std::string& path);

  /// Readable; none: not at once. While it is open, nobody can make an exec of it wait for a lease.
  unique_fd program(const std::string& path);

private:
  bool is_local(int fd, std::uint32_t kind);

  unique_fd mounts_;                    ///< tells when they have changed
  std::map<std::uint64_t, bool> local_; ///< by number of the mount, as far as asked since then
};

} // namespace troupe::net
