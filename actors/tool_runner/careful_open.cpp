#include "actors/tool_runner/careful_open.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <iterator>
#include <utility>

namespace troupe::tool_runner {

namespace {

/// One component after the other, where the kernel has no openat2 or a filter hides it.
owned_descriptor walk(const std::string& path, int flags) {
  constexpr auto on_the_way = O_PATH | O_NOFOLLOW | O_CLOEXEC;
  const auto names = std::filesystem::path{path}.relative_path();
  owned_descriptor at{::open("/", names.empty() ? flags | O_CLOEXEC : on_the_way)};
  for (auto name = names.begin(); name != names.end(); ++name) {
    const auto is_last = std::next(name) == names.end();
    const auto how = is_last ? flags | O_NOFOLLOW | O_CLOEXEC : on_the_way;
    owned_descriptor next{::openat(at.number(), name->c_str(), how)};
    struct stat found {};
    if (!next.is_open() || ::fstat(next.number(), &found) != 0)
      return {};
    if (S_ISLNK(found.st_mode)) {
      errno = ELOOP;
      return {};
    }
    at = std::move(next);
  }
  return at;
}

} // namespace

owned_descriptor open_without_links(const std::string& path, int flags) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags) | O_CLOEXEC;
  how.resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  const auto fd = ::syscall(SYS_openat2, AT_FDCWD, path.c_str(), &how, sizeof how);
  if (fd >= 0)
    return owned_descriptor{static_cast<int>(fd)};
  if (errno == ENOSYS || errno == EPERM)
    return walk(path, flags);
  return {};
}

} // namespace troupe::tool_runner
