#include "actors/tool_runner/put_aside.hpp"

#include <fmt/format.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace troupe::tool_runner {

bool put_aside(int folder, const std::string& name) {
  constexpr int max_tries = 100; // each lost to something of that name
  for (int i = 1; i <= max_tries; ++i) {
    const auto other = fmt::format("{}.moved-{}", name, i);
    if (::syscall(SYS_renameat2, folder, name.c_str(), folder, other.c_str(), RENAME_NOREPLACE) ==
        0)
      return true;
    if (errno != EEXIST)
      return errno == ENOENT; // gone by itself
  }
  return false;
}

} // namespace troupe::tool_runner
