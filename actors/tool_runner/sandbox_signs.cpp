#include "actors/tool_runner/sandbox_signs.hpp"

#include <fcntl.h>
#include <linux/capability.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <string>

namespace troupe::tool_runner {

namespace {

/// The word behind "NAME:" at the start of a line; empty: there is none.
std::string_view field(std::string_view status, std::string_view name) {
  auto at = status.find(std::string{"\n"} + std::string{name} + ":");
  if (at == std::string_view::npos)
    return {};
  auto rest = status.substr(at + name.size() + 2);
  rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
  return rest.substr(0, rest.find_first_of(" \t\n"));
}

std::uint64_t number(std::string_view text, int base) {
  std::uint64_t result = 0;
  std::from_chars(text.data(), text.data() + text.size(), result, base);
  return result;
}

/// The first page of a small file; empty when it cannot be read.
std::string read(const char* path) {
  const int fd = ::open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return {};
  std::array<char, 4096> page;
  const auto count = ::read(fd, page.data(), page.size());
  ::close(fd);
  return {page.data(), count > 0 ? static_cast<std::size_t>(count) : 0};
}

bool is_mount_point(const char* path) {
  struct statx found {};
  return ::statx(AT_FDCWD, path, 0, STATX_TYPE, &found) == 0 &&
         (found.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

} // namespace

sandbox_signs read_signs(std::string_view status, std::string_view max_user_namespaces,
                         std::string_view unprivileged_clone, std::string_view restricted) {
  sandbox_signs result;
  result.may_administer = (number(field(status, "CapEff"), 16) >> CAP_SYS_ADMIN & 1) != 0;
  result.is_filtered = field(status, "Seccomp") != "0";
  result.has_user_namespaces = number(max_user_namespaces, 10) > 0 &&
                               !unprivileged_clone.starts_with('0') && !restricted.starts_with('1');
  return result;
}

sandbox_signs signs_of_this_machine(std::string_view chosen) {
  auto result = read_signs(read("/proc/self/status"), read("/proc/sys/user/max_user_namespaces"),
                           read("/proc/sys/kernel/unprivileged_userns_clone"),
                           read("/proc/sys/kernel/apparmor_restrict_unprivileged_userns"));
  result.is_root = ::geteuid() == 0;
  result.root_is_mount = is_mount_point("/");
  result.has_bubblewrap = chosen.empty() && ::access("/usr/bin/bwrap", X_OK) == 0;
  return result;
}

} // namespace troupe::tool_runner
