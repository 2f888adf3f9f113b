#include "net/read_only_cover.hpp"

#include <cerrno>

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

namespace troupe::net {

#define TROUPE_RUNS_IN_CHILD __attribute__((no_sanitize("address", "thread", "undefined")))

namespace {

constexpr unsigned long kept_flags = MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME | MS_NODIRATIME;

TROUPE_RUNS_IN_CHILD bool cover(const char* file) {
  struct statfs place;
  if (::mount(file, file, nullptr, MS_BIND, nullptr) != 0 || ::statfs(file, &place) != 0)
    return false;
  // The numbers of these flags are the same in both calls.
  const auto flags = static_cast<unsigned long>(place.f_flags) & kept_flags;
  return ::mount(nullptr, file, nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY | flags, nullptr) == 0;
}

TROUPE_RUNS_IN_CHILD bool is_same(const struct stat& x, const struct stat& y) {
  return x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

TROUPE_RUNS_IN_CHILD bool open_again(int fd, const char* file) {
  const int flags = ::fcntl(fd, F_GETFL);
  const int fresh = flags < 0 ? -1 : ::open(file, (flags & O_ACCMODE) | O_NOCTTY | O_CLOEXEC);
  if (fresh < 0)
    return false;
  const bool is_placed = ::dup2(fresh, fd) >= 0;
  ::close(fresh);
  return is_placed;
}

} // namespace

TROUPE_RUNS_IN_CHILD bool enter_own_mounts() {
  return ::unshare(CLONE_NEWNS) == 0 &&
         ::mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) == 0;
}

TROUPE_RUNS_IN_CHILD bool cover_read_only(const char* const* files) {
  for (; *files != nullptr; ++files) {
    struct stat covered, open_one;
    if (::stat(*files, &covered) != 0) {
      if (errno == ENOENT)
        continue;
      return false;
    }
    if (!cover(*files))
      return false;
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd)
      if (::fstat(fd, &open_one) == 0 && is_same(open_one, covered) && !open_again(fd, *files))
        return false;
  }
  return true;
}

#undef TROUPE_RUNS_IN_CHILD

} // namespace troupe::net
