#include "net/guardian/cgroup_room.hpp"

#include "net/guardian/proc_files.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <utility>

#include <dirent.h>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/stat.h>

namespace troupe::net {

namespace {

/// A slot that still holds as much of files in memory (/dev/shm, /tmp as tmpfs) is not used again:
/// it would count against its next command.
constexpr std::uint64_t most_kept_share = 16;

constexpr std::size_t longest_member_list = 1024 * 1024;

bool write_file(const std::string& path, std::string_view text) {
  const unique_fd file{::open(path.c_str(), O_WRONLY | O_CLOEXEC)};
  return file && ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

bool has_file(const std::string& path) {
  return ::access(path.c_str(), F_OK) == 0;
}

std::uint64_t most_threads(const process_bounds& x) {
  return std::uint64_t{x.max_processes} * threads_per_process;
}

bool make_folder(const std::string& path) {
  return ::mkdir(path.c_str(), 0755) == 0 || errno == EEXIST;
}

std::vector<pid_t> read_members(const std::string& folder) {
  const auto text = read_proc_file(folder + "/cgroup.procs", longest_member_list);
  std::vector<pid_t> result;
  for (const char* rest = text.c_str(); *rest != '\0';) {
    char* end = nullptr;
    const auto pid = static_cast<pid_t>(std::strtol(rest, &end, 10));
    if (end == rest)
      break;
    if (pid > 0) // 0: in another process id namespace
      result.push_back(pid);
    rest = end + (*end == '\n' ? 1 : 0);
  }
  return result;
}

std::vector<std::string> folders_in(const std::string& folder) {
  std::vector<std::string> result;
  DIR* const list = ::opendir(folder.c_str());
  if (list == nullptr)
    return result;
  while (const auto* entry = ::readdir(list))
    if (entry->d_type == DT_DIR && entry->d_name[0] != '.')
      result.emplace_back(entry->d_name);
  ::closedir(list);
  return result;
}

void remove_room(const std::string& room) {
  for (const auto& slot : folders_in(room))
    ::rmdir((room + "/" + slot).c_str());
  ::rmdir(room.c_str());
}

// Rooms of guardians that were killed, and tools that have outlived them.
void remove_stale_rooms(const std::string& parent, std::uint64_t pid_namespace) {
  for (const auto& name : folders_in(parent)) {
    const auto room = parse_room_name(name);
    if (!room || room->pid_namespace != pid_namespace)
      continue;
    const auto owner = read_process(room->pid);
    if (owner && owner->start_time == room->start_time && owner->state != 'Z')
      continue;
    const auto path = parent + "/" + name;
    auto members = read_members(path);
    for (const auto& slot : folders_in(path))
      std::ranges::copy(read_members(path + "/" + slot), std::back_inserter(members));
    for (const auto pid : members)
      if (const auto process = read_process(pid))
        send_signal(*process, SIGKILL);
    remove_room(path); // what still dies is removed by the next one
  }
}

std::string parent_of(const std::string& folder) {
  return folder.substr(0, folder.rfind('/'));
}

} // namespace

bool cgroup_room::open(const cgroup_room_name& name) {
  const auto places = find_cgroup_places(read_proc_file("/proc/self/cgroup", 64 * 1024),
                                         read_proc_file("/proc/self/mountinfo", 1024 * 1024));
  for (const auto& place : {places.memory, places.pids, places.cpu, places.unified})
    if (!place.empty())
      remove_stale_rooms(place, name.pid_namespace);
  if (open_old(places, to_text(name)) || open_unified(places, to_text(name)))
    return true;
  if (problem_.empty())
    problem_ = "this machine has no control groups for memory and processes";
  return false;
}

bool cgroup_room::open_old(const cgroup_places& places, const std::string& name) {
  if (places.memory.empty() || places.pids.empty())
    return false;
  using enum branch::role;
  branches_ = {{memory, places.memory + "/" + name}, {pids, places.pids + "/" + name}};
  for (const auto& x : branches_)
    if (!make_folder(x.folder)) {
      problem_ = "cannot make " + x.folder + ": " + std::strerror(errno);
      close();
      return false;
    }
  write_file(branches_.front().folder + "/memory.use_hierarchy", "1");
  alarm_ = unique_fd{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  const branch cpu{weight, places.cpu + "/" + name};
  weighs_cpu_ =
    !places.cpu.empty() && make_folder(cpu.folder) && write_file(cpu.folder + "/cpu.shares", "512");
  if (weighs_cpu_)
    branches_.push_back(cpu);
  else if (!places.cpu.empty())
    ::rmdir(cpu.folder.c_str());
  return true;
}

// A group that has processes passes no controllers on (unless it is the topmost one), so that the
// place is often one further up.
bool cgroup_room::open_unified(const cgroup_places& places, const std::string& name) {
  for (auto place = places.unified; place.size() >= places.unified_mount.size() && !place.empty();
       place = parent_of(place)) {
    write_file(place + "/cgroup.subtree_control", "+memory +pids");
    write_file(place + "/cgroup.subtree_control", "+cpu");
    const auto room = place + "/" + name;
    if (!make_folder(room)) {
      problem_ = "cannot make " + room + ": " + std::strerror(errno);
      continue;
    }
    if (has_file(room + "/memory.max") && has_file(room + "/pids.max") &&
        write_file(room + "/cgroup.subtree_control", "+memory +pids")) {
      is_unified_ = true;
      weighs_cpu_ = write_file(room + "/cpu.weight", "50");
      branches_ = {{branch::role::both, room}};
      return true;
    }
    ::rmdir(room.c_str());
    problem_ = place + " passes no control of memory and processes on";
  }
  return false;
}

std::optional<cgroup_room::slot> cgroup_room::take(const process_bounds& bounds) {
  slot result;
  if (free_.empty()) {
    result.number = static_cast<int>(seats_.size());
    seats_.emplace_back();
  } else {
    result.number = free_.back();
    free_.pop_back();
  }
  auto& own = seats_[static_cast<std::size_t>(result.number)];
  if (own.bounds != bounds) {
    own.bounds.reset();
    if (set_bounds(result.number, bounds))
      own.bounds = bounds;
  }
  if (own.bounds && own.entries.empty()) {
    own.entries = open_entries(result.number);
    watch_memory(result.number);
  }
  if (!own.bounds || own.entries.empty()) {
    problem_ = std::string{"cannot make a control group for a command: "} + std::strerror(errno);
    return std::nullopt;
  }
  result.memory_kills = memory_kills(result.number);
  result.refused_forks = refused_forks(result.number);
  return result;
}

bool cgroup_room::set_bounds(int number, const process_bounds& bounds) const {
  const auto text = [](std::uint64_t x, const char* none) {
    return x == 0 ? std::string{none} : std::to_string(x);
  };
  for (const auto& x : branches_) {
    if (x.what == branch::role::weight)
      continue;
    const auto folder = x.folder + "/" + std::to_string(number);
    if (!make_folder(folder))
      return false;
    if (x.bounds_pids() && !write_file(folder + "/pids.max", text(most_threads(bounds), "max")))
      return false;
    if (!x.bounds_memory())
      continue;
    if (is_unified_) {
      if (!write_file(folder + "/memory.max", text(bounds.max_memory_bytes, "max")))
        return false;
      write_file(folder + "/memory.swap.max", bounds.max_memory_bytes == 0 ? "max" : "0");
      write_file(folder + "/memory.oom.group", "1");
      continue;
    }
    const auto limit = text(bounds.max_memory_bytes, "-1");
    // The sum with swap is never below the limit itself: whichever of the two grows goes first.
    write_file(folder + "/memory.memsw.limit_in_bytes", "-1");
    if (!write_file(folder + "/memory.limit_in_bytes", limit))
      return false;
    write_file(folder + "/memory.memsw.limit_in_bytes", limit);
  }
  return true;
}

// Version 1: through `tasks`, which is quick for a process that moves itself; `cgroup.procs` may
// wait for a grace period of the whole kernel.
std::vector<unique_fd> cgroup_room::open_entries(int number) const {
  std::vector<unique_fd> result;
  for (const auto& way : branches_) {
    const auto folder =
      way.what == branch::role::weight ? way.folder : way.folder + "/" + std::to_string(number);
    const auto path = folder + (is_unified_ ? "/cgroup.procs" : "/tasks");
    result.emplace_back(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (!result.back())
      return {};
  }
  return result;
}

// Version 1 kills one process of a group that needs more than it may have, and tells whoever has
// asked so. The one that reads its events keeps them until the group is removed.
void cgroup_room::watch_memory(int number) const {
  if (!alarm_)
    return;
  const auto path = file(branch::role::memory, number, "memory.oom_control");
  const unique_fd source{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  write_file(file(branch::role::memory, number, "cgroup.event_control"),
             std::to_string(alarm_.get()) + " " + std::to_string(source.get()));
}

void cgroup_room::quiet_memory_alarm() {
  eventfd_t ignored = 0;
  ::eventfd_read(alarm_.get(), &ignored);
}

std::vector<int> cgroup_room::entries(const slot& x) const {
  std::vector<int> result;
  for (const auto& entry : seats_[static_cast<std::size_t>(x.number)].entries)
    result.push_back(entry.get());
  return result;
}

void cgroup_room::give_back(slot x) {
  if (!is_open())
    return;
  auto& own = seats_[static_cast<std::size_t>(x.number)];
  const auto limit = own.bounds ? own.bounds->max_memory_bytes : 0;
  const auto most_kept = limit == 0 ? ~std::uint64_t{0} : limit / most_kept_share;
  const auto held = [&](const char* name, const char* what) {
    return counter(file(branch::role::memory, x.number, name), what);
  };
  // What is used includes the cache of files, which the next command gets when it needs it.
  const auto is_emptied =
    held(is_unified_ ? "memory.current" : "memory.usage_in_bytes", "") <= most_kept ||
    held("memory.stat", is_unified_ ? "shmem " : "total_shmem ") <= most_kept;
  // The kernel's peak is that of all commands that have been there.
  if (is_emptied && !own.has_been_full) {
    free_.push_back(x.number);
    return;
  }
  own.entries.clear(); // for good: a number is used once
  for (const auto& way : branches_)
    if (way.what != branch::role::weight)
      ::rmdir((way.folder + "/" + std::to_string(x.number)).c_str());
}

std::string cgroup_room::file(branch::role role, int number, const char* name) const {
  for (const auto& x : branches_)
    if (x.what == role || (x.what == branch::role::both && role != branch::role::weight))
      return x.folder + "/" + std::to_string(number) + "/" + name;
  return {};
}

std::uint64_t cgroup_room::counter(const std::string& path, const char* name) const {
  const auto text = read_proc_file(path);
  const auto at = text.find(name);
  std::uint64_t result = 0;
  if (at != text.npos)
    std::from_chars(text.data() + at + std::strlen(name), text.data() + text.size(), result);
  return result;
}

std::uint64_t cgroup_room::memory_kills(int number) const {
  return counter(
    file(branch::role::memory, number, is_unified_ ? "memory.events" : "memory.oom_control"),
    "oom_kill ");
}

std::uint64_t cgroup_room::refused_forks(int number) const {
  return counter(file(branch::role::pids, number, "pids.events"), "max ");
}

std::vector<pid_t> cgroup_room::members(const slot& x) const {
  const auto path = file(branch::role::pids, x.number, "");
  return path.empty() ? std::vector<pid_t>{} : read_members(path);
}

std::uint64_t cgroup_room::thread_count(const slot& x) const {
  return counter(file(branch::role::pids, x.number, "pids.current"), "");
}

bool cgroup_room::has_run_out_of_memory(const slot& x) const {
  return memory_kills(x.number) > x.memory_kills;
}

// A fork that a group further up has no place for counts as refused here, too.
bool cgroup_room::has_run_out_of_threads(const slot& x) {
  auto& own = seats_[static_cast<std::size_t>(x.number)];
  if (refused_forks(x.number) <= x.refused_forks || !own.bounds || own.bounds->max_processes == 0)
    return false;
  const auto peak = file(branch::role::pids, x.number, "pids.peak"); // from Linux 6.0 on
  own.has_been_full = !has_file(peak) || counter(peak, "") >= most_threads(*own.bounds);
  return own.has_been_full;
}

void cgroup_room::stop_forks(const slot& x) {
  if (!is_open())
    return;
  seats_[static_cast<std::size_t>(x.number)].bounds.reset();
  write_file(file(branch::role::pids, x.number, "pids.max"), "0");
}

void cgroup_room::close() {
  for (const auto& x : std::exchange(branches_, {}))
    remove_room(x.folder);
  free_.clear();
  seats_.clear();
}

} // namespace troupe::net
