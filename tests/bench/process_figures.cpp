#include "tests/bench/process_figures.hpp"

#include <fstream>
#include <malloc.h>
#include <string>
#include <string_view>
#include <sys/resource.h>
#include <system_error>

namespace troupe::bench {

namespace {

/// The number behind `key`, which starts a line of a file below /proc.
std::int64_t figure_of(const char* file, std::string_view key) {
  std::ifstream in{file};
  for (std::string line; std::getline(in, line);)
    if (line.starts_with(key))
      return std::stoll(line.substr(key.size()));
  return 0;
}

rusage usage() {
  rusage result{};
  ::getrusage(RUSAGE_SELF, &result);
  return result;
}

std::chrono::microseconds to_duration(const timeval& x) {
  return std::chrono::seconds{x.tv_sec} + std::chrono::microseconds{x.tv_usec};
}

} // namespace

std::chrono::microseconds cpu_time() {
  const auto used = usage();
  return to_duration(used.ru_utime) + to_duration(used.ru_stime);
}

std::uint64_t disk_bytes() {
  return static_cast<std::uint64_t>(figure_of("/proc/self/io", "write_bytes:"));
}

std::int64_t private_kb() {
  ::malloc_trim(0);
  constexpr auto file = "/proc/self/smaps_rollup";
  return figure_of(file, "Private_Clean:") + figure_of(file, "Private_Dirty:");
}

std::int64_t peak_rss_kb() {
  return usage().ru_maxrss;
}

std::uint64_t folder_bytes(const std::filesystem::path& folder) {
  std::uint64_t sum = 0;
  std::error_code error;
  for (std::filesystem::recursive_directory_iterator it{folder, error}, end; !error && it != end;
       it.increment(error))
    if (it->is_regular_file(error))
      sum += it->file_size(error);
  return sum;
}

} // namespace troupe::bench
