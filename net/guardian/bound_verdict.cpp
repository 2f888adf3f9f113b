#include "net/guardian/bound_verdict.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace troupe::net {

namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t mebibyte = 1024 * 1024;
constexpr std::uint64_t gibibyte = 1024 * mebibyte;

constexpr std::chrono::milliseconds shortest_pause = 50ms;
constexpr std::chrono::milliseconds longest_pause = 500ms;
constexpr double near = 0.25; // of a bound

std::uint64_t max_threads(const process_bounds& x) {
  return std::uint64_t{x.max_processes} * threads_per_process;
}

} // namespace

std::string verdict_on(const tree_usage& usage, const process_bounds& bounds) {
  if (bounds.max_processes != 0 &&
      (usage.processes > bounds.max_processes || usage.threads > max_threads(bounds)))
    return process_verdict(bounds);
  if (bounds.max_memory_bytes != 0 && usage.memory_bytes > bounds.max_memory_bytes)
    return memory_verdict(bounds);
  return {};
}

std::string memory_verdict(const process_bounds& bounds) {
  return "ended: more than " + size_text(bounds.max_memory_bytes) +
         " of memory ([tools] max_memory)";
}

std::string process_verdict(const process_bounds& bounds) {
  return "ended: more than " + std::to_string(bounds.max_processes) +
         " processes ([tools] max_processes)";
}

std::string file_verdict(const process_bounds& bounds) {
  return "ended: a file of more than " + size_text(bounds.max_file_bytes) +
         " ([tools] max_file_size)";
}

std::string disk_verdict(std::string_view folder, std::uint64_t floor_bytes) {
  return "ended: less than " + size_text(floor_bytes) + " left on the disk of " +
         std::string{folder};
}

std::string watched_notice(std::string_view cause, init_system machine) {
  auto result = "no cgroup for commands can be made (" + std::string{cause} +
                "): their memory and processes are looked at 2 to 20 times a second, not held by "
                "the kernel. ";
  result += machine == init_system::systemd
              ? "`systemd-run --user --scope troupe ...` gives them one"
              : "Give this container a /sys/fs/cgroup that it may write to";
  return result + " (docs/tools.md)";
}

std::string size_text(std::uint64_t bytes) {
  std::array<char, 32> text{};
  const auto shown = static_cast<double>(bytes);
  if (bytes >= gibibyte)
    std::snprintf(text.data(), text.size(), "%.1f GiB", shown / static_cast<double>(gibibyte));
  else if (bytes >= mebibyte)
    std::snprintf(text.data(), text.size(), "%.1f MiB", shown / static_cast<double>(mebibyte));
  else
    return std::to_string(bytes) + " bytes";
  return text.data();
}

double share_of(const tree_usage& usage, const process_bounds& bounds) {
  const auto share = [](std::uint64_t used, std::uint64_t bound) {
    return bound == 0 ? 0.0 : static_cast<double>(used) / static_cast<double>(bound);
  };
  return std::max({share(usage.memory_bytes, bounds.max_memory_bytes),
                   share(usage.processes, bounds.max_processes),
                   share(usage.threads, max_threads(bounds))});
}

std::chrono::milliseconds next_pause(std::chrono::milliseconds last, double share,
                                     std::chrono::microseconds cost) {
  const auto wanted =
    share > near ? shortest_pause : std::clamp(last * 2, shortest_pause, longest_pause);
  constexpr int share_of_core = 20;
  return std::max(wanted, std::chrono::ceil<std::chrono::milliseconds>(cost * share_of_core));
}

std::uint64_t disk_floor(std::uint64_t total_bytes) {
  return std::clamp(total_bytes / 50, 16 * mebibyte, gibibyte);
}

std::optional<command_number> disk_watch::look(std::uint64_t disk, const disk_state& state,
                                               const growth& written) {
  const auto [found, is_new] = low_.try_emplace(disk, sight{state.free_bytes, {}});
  if (is_new)
    return std::nullopt; // what was written until now has led here, but who knows when
  auto& since = found->second;
  for (const auto& [command, bytes] : written)
    since.written[command] += bytes;
  if (state.free_bytes >= since.free_bytes) {
    since.free_bytes = state.free_bytes;
    return std::nullopt;
  }
  std::optional<command_number> culprit;
  auto most = least_growth_bytes;
  for (const auto& [command, bytes] : since.written)
    if (bytes >= most) {
      most = bytes;
      culprit = command;
    }
  if (culprit)
    low_.erase(found); // the next one is judged by what it does from now on
  return culprit;
}

} // namespace troupe::net
