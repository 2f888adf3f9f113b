#include "config/thread_limit.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <pthread.h>
#include <string_view>
#include <sys/resource.h>
#include <unistd.h>
#include <utility>

namespace troupe::config {

namespace {

namespace fs = std::filesystem;

constexpr const char* group_root = "/sys/fs/cgroup";

/// "max" and a missing file are no limit.
std::optional<std::uint64_t> read_limit(const fs::path& file) {
  std::ifstream in{file};
  std::uint64_t value = 0;
  if (in >> value)
    return value;
  return std::nullopt;
}

/// The group's folder by a line of /proc/self/cgroup, "ID:CONTROLLERS:PATH"; none: the line is of a
/// hierarchy that does not count processes.
std::optional<fs::path> group_folder(std::string_view line) {
  const auto first = line.find(':');
  const auto second = line.find(':', first + 1);
  if (first == std::string_view::npos || second == std::string_view::npos)
    return std::nullopt;
  const auto controllers = line.substr(first + 1, second - first - 1);
  const auto path = line.substr(std::min(line.size(), second + 2)); // without its slash
  if (controllers.empty())
    return fs::path{group_root} / path;
  if (controllers == "pids")
    return fs::path{group_root} / "pids" / path;
  return std::nullopt;
}

/// A group is bounded by those around it, too.
void read_group_limits(fs::path folder, thread_limits& out) {
  for (; folder.string().size() >= std::string_view{group_root}.size();
       folder = folder.parent_path()) {
    const auto file = folder / "pids.max";
    const auto limit = read_limit(file);
    if (!limit || (out.group && *out.group <= *limit))
      continue;
    out.group = limit;
    out.group_file = file.string();
  }
}

/// Of this process, in bytes.
std::uint64_t address_space_in_use() {
  std::uint64_t pages = 0;
  std::ifstream{"/proc/self/statm"} >> pages;
  return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

std::uint64_t thread_stack_bytes() {
  pthread_attr_t defaults;
  std::size_t bytes = 0;
  if (::pthread_attr_init(&defaults) != 0)
    return 0;
  ::pthread_attr_getstacksize(&defaults, &bytes);
  ::pthread_attr_destroy(&defaults);
  return bytes;
}

/// None: a thread's stack would find room. What stands around a stack is not known exactly.
std::optional<std::uint64_t> read_address_space_limit() {
  rlimit own{};
  if (::getrlimit(RLIMIT_AS, &own) != 0 || own.rlim_cur == RLIM_INFINITY ||
      address_space_in_use() + 2 * thread_stack_bytes() <= own.rlim_cur)
    return std::nullopt;
  return own.rlim_cur;
}

} // namespace

thread_limits read_thread_limits() {
  thread_limits out;
  out.address_space = read_address_space_limit();
  rlimit own{};
  if (::getrlimit(RLIMIT_NPROC, &own) == 0 && own.rlim_cur != RLIM_INFINITY)
    out.user = own.rlim_cur;
  std::ifstream groups{"/proc/self/cgroup"};
  for (std::string line; std::getline(groups, line);)
    if (auto folder = group_folder(line))
      read_group_limits(std::move(*folder), out);
  return out;
}

std::string thread_limit_text(const thread_limits& x) {
  std::string limits;
  if (x.address_space)
    return fmt::format("the system refuses this program another thread. `ulimit -v` is {} (KiB of "
                       "address space of this program). Raise it, then start it again.",
                       *x.address_space / 1024);
  if (x.user)
    limits += fmt::format(" `ulimit -u` is {} (processes and threads of this user, those of other "
                          "programs included).",
                          *x.user);
  if (x.group)
    limits += fmt::format(" {} is {} (all of this container or service together: docker run "
                          "--pids-limit, TasksMax= of systemd).",
                          x.group_file, *x.group);
  if (limits.empty())
    limits = " Memory may be short, or /proc/sys/kernel/threads-max reached.";
  return fmt::format("the system refuses this program another thread.{} Raise what is too low or "
                     "end other programs, then start it again.",
                     limits);
}

void end_without_threads(int) noexcept {
  const auto line = fmt::format("Error: {}\n", thread_limit_text(read_thread_limits()));
  std::fwrite(line.data(), 1, line.size(), stderr);
  std::quick_exit(EXIT_FAILURE); // its handlers end the guardian, and nothing else
}

} // namespace troupe::config
