#include "net/machine_memory.hpp"

#include "net/guardian/cgroup_places.hpp"
#include "net/guardian/proc_files.hpp"

#include <algorithm>
#include <charconv>
#include <string>

#include <unistd.h>

namespace troupe::net {

namespace {

// A limit counts for all groups below. Where there is none the file is missing or says "max", or
// something larger than any machine.
std::uint64_t least_limit(std::string folder, const char* file, std::uint64_t least) {
  while (folder.size() > 1) {
    const auto text = read_proc_file(folder + "/" + file, 64);
    std::uint64_t limit = 0;
    if (std::from_chars(text.data(), text.data() + text.size(), limit).ec == std::errc{})
      least = std::min(least, limit);
    folder.resize(folder.rfind('/'));
  }
  return least;
}

} // namespace

std::uint64_t usable_memory_bytes() {
  const auto places = find_cgroup_places(read_proc_file("/proc/self/cgroup", 64 * 1024),
                                         read_proc_file("/proc/self/mountinfo", 1024 * 1024));
  const auto machine = static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) *
                       static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return least_limit(places.memory, "memory.limit_in_bytes",
                     least_limit(places.unified, "memory.max", machine));
}

} // namespace troupe::net
