#include "net/guardian/proc_files.hpp"

#include "net/unique_fd.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include <dirent.h>
#include <fcntl.h>
#include <sys/syscall.h>

namespace troupe::net {

namespace {

constexpr std::uint64_t kibibyte = 1024;
/// Most files of /proc are smaller.
constexpr std::size_t first_piece_bytes = 4096;

std::string path_of(pid_t pid, std::string_view file) {
  return "/proc/" + std::to_string(pid) + "/" + std::string{file};
}

// The number behind `name` in lines of "name: number" or "name number".
std::uint64_t number_behind(std::string_view text, std::string_view name) {
  const auto at = text.find(name);
  if (at == text.npos)
    return 0;
  auto rest = text.substr(at + name.size());
  rest.remove_prefix(std::min(rest.find_first_of("0123456789"), rest.size()));
  std::uint64_t result = 0;
  std::from_chars(rest.data(), rest.data() + rest.size(), result);
  return result;
}

} // namespace

std::string read_proc_file(const std::string& path, std::size_t limit) {
  const unique_fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  std::string result;
  std::size_t size = 0;
  while (file && size < limit) {
    if (size == result.size()) // `limit` may be far beyond what most of them hold
      result.resize(std::min(limit, std::max(2 * size, first_piece_bytes)));
    const auto n = ::read(file.get(), result.data() + size, result.size() - size);
    if (n <= 0)
      break;
    size += static_cast<std::size_t>(n);
  }
  result.resize(size);
  return result;
}

std::optional<process_facts> read_process(pid_t pid) {
  constexpr std::size_t longest_stat = 1024;
  return parse_process_stat(read_proc_file(path_of(pid, "stat"), longest_stat));
}

std::vector<pid_t> process_numbers() {
  std::vector<pid_t> result;
  DIR* const folder = ::opendir("/proc");
  if (folder == nullptr)
    return result;
  while (const auto* entry = ::readdir(folder)) {
    const auto pid = static_cast<pid_t>(std::atoi(entry->d_name)); // names of processes are numbers
    if (pid > 0)
      result.push_back(pid);
  }
  ::closedir(folder);
  std::ranges::sort(result);
  return result;
}

std::vector<process_facts> read_process_table() {
  std::vector<process_facts> result;
  for (const auto pid : process_numbers())
    if (const auto facts = read_process(pid))
      result.push_back(*facts);
  return result;
}

memory_use memory_of(pid_t pid) {
  const auto text = read_proc_file(path_of(pid, "status"));
  return {.own = number_behind(text, "\nRssAnon:") * kibibyte,
          .shared = number_behind(text, "\nRssShmem:") * kibibyte};
}

std::uint64_t part_of_shared_memory(pid_t pid) {
  return number_behind(read_proc_file(path_of(pid, "smaps_rollup")), "\nPss_Shmem:") * kibibyte;
}

written_amount written_by(pid_t pid) {
  const auto text = read_proc_file(path_of(pid, "io"), 1024);
  return {.to_disks = number_behind(text, "\nwrite_bytes:"),
          .anywhere = number_behind(text, "\nwchar:")};
}

std::string variable_of(pid_t pid, std::string_view name) {
  constexpr std::size_t longest_environment = 256 * 1024;
  const auto text = read_proc_file(path_of(pid, "environ"), longest_environment);
  std::string_view rest = text;
  while (!rest.empty()) {
    const auto entry = rest.substr(0, rest.find('\0'));
    if (entry.starts_with(name) && entry.substr(name.size()).starts_with('='))
      return std::string{entry.substr(name.size() + 1)};
    rest.remove_prefix(std::min(entry.size() + 1, rest.size()));
  }
  return {};
}

bool send_signal(const process_facts& x, int signal) {
  const unique_fd process{static_cast<int>(::syscall(SYS_pidfd_open, x.pid, 0))};
  if (!process)
    return false;
  const auto now = read_process(x.pid); // the one that the descriptor names, or the number is free
  if (!now || now->start_time != x.start_time)
    return false;
  return ::syscall(SYS_pidfd_send_signal, process.get(), signal, nullptr, 0) == 0;
}

} // namespace troupe::net
