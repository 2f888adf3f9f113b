#include "net/guardian/ready_paths.hpp"

#include "net/guardian/cgroup_places.hpp"
#include "net/guardian/proc_files.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <linux/stat.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>

namespace troupe::net {

namespace {

constexpr const char* mount_table = "/proc/self/mountinfo";
constexpr std::size_t longest_table = 1024 * 1024;

// What would have to ask a disk, or a server, fails.
unique_fd open_known(const std::string& path, int flags) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
  how.resolve = RESOLVE_CACHED;
  return unique_fd{
    static_cast<int>(::syscall(SYS_openat2, AT_FDCWD, path.c_str(), &how, sizeof(how)))};
}

} // namespace

ready_paths::ready_paths() : mounts_(::open(mount_table, O_RDONLY | O_CLOEXEC)) {}

unique_fd ready_paths::folder(const std::string& path) {
  auto result = open_known(path, O_PATH | O_DIRECTORY);
  return result && is_local(result.get(), S_IFDIR) ? std::move(result) : unique_fd{};
}

unique_fd ready_paths::program(const std::string& path) {
  if (!path.starts_with('/')) // others are looked for, in folders that may hang
    return {};
  auto result = open_known(path, O_RDONLY | O_NONBLOCK); // a lease refuses this
  return result && is_local(result.get(), S_IFREG) ? std::move(result) : unique_fd{};
}

// What is open keeps its mount, and with it the number: no other one can have got that meanwhile.
bool ready_paths::is_local(int fd, std::uint32_t kind) {
  struct statx facts {};
  if (!mounts_ ||
      ::statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE | STATX_MNT_ID, &facts) != 0 ||
      (facts.stx_mask & STATX_MNT_ID) == 0 || (facts.stx_mode & S_IFMT) != kind)
    return false;
  pollfd changed{.fd = mounts_.get(), .events = POLLPRI, .revents = 0};
  if (::poll(&changed, 1, 0) != 0)
    local_.clear();
  const auto [known, is_new] = local_.try_emplace(facts.stx_mnt_id, false);
  if (is_new)
    known->second = is_local_file_system(
      file_system_of_mount(read_proc_file(mount_table, longest_table), facts.stx_mnt_id));
  return known->second;
}

} // namespace troupe::net
