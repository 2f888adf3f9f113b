#include "actors/tool_runner/root_mount.hpp"

#include "actors/tool_runner/bubblewrap_call.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <vector>

namespace troupe::tool_runner {

namespace {

constexpr int exit_failed = 1;
// A mount point that bubblewrap needs anyway. What is laid over one that is private is seen in this
// namespace only; the copy of `/` shows it again.
constexpr const char* cover_place = "/proc";

int failed(std::string_view what) {
  const auto line = fmt::format("cannot make / a mount point: {}: {}\n", what,
                                std::generic_category().message(errno));
  static_cast<void>(::write(STDERR_FILENO, line.data(), line.size()));
  return exit_failed;
}

} // namespace

int run_with_root_mount(std::span<const std::string> command, file_cover* cover) {
  if (command.empty())
    return exit_failed;
  if (::unshare(CLONE_NEWNS) != 0)
    return failed("unshare");
  // `/` as seen from here, with everything mounted below it, is laid over a folder; the process
  // then moves in. Nothing of it is seen outside: mounts spread to this namespace, not from it.
  const auto copy = static_cast<int>(
    ::syscall(SYS_open_tree, AT_FDCWD, "/", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE));
  if (copy < 0)
    return failed("open_tree");
  if (::mount(nullptr, cover_place, nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
    return failed("/proc is no mount point of its own");
  if (::syscall(SYS_move_mount, copy, "", AT_FDCWD, cover_place, MOVE_MOUNT_F_EMPTY_PATH) != 0)
    return failed("move_mount");
  if (::chdir(cover_place) != 0 || ::chroot(".") != 0 || ::chdir("/") != 0)
    return failed("chroot");
  std::vector<const char*> covered;
  const auto devices = sandbox_devices();
  for (const auto& path : devices)
    covered.push_back(path.c_str());
  covered.push_back(nullptr);
  if (!cover(covered.data()))
    return failed("cannot cover the devices");
  std::vector<char*> argv;
  for (const auto& word : command)
    argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  ::execv(argv.front(), argv.data());
  return failed(command.front());
}

} // namespace troupe::tool_runner
