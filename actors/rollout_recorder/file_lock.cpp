#include "actors/rollout_recorder/file_lock.hpp"

#include "actors/rollout_recorder/store_files.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

namespace troupe::rollout_recorder {

namespace {

std::string_view next_word(std::string_view& line) {
  const auto start = std::min(line.find_first_not_of(' '), line.size());
  const auto end = std::min(line.find(' ', start), line.size());
  const auto word = line.substr(start, end - start);
  line.remove_prefix(end);
  return word;
}

template <class Number>
std::optional<Number> number(std::string_view text, int base) {
  Number value{};
  const auto end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value, base);
  if (error != std::errc{} || stop != end || text.empty())
    return std::nullopt;
  return value;
}

/// "fd:01:1234": device in hexadecimal, inode in decimal.
bool names_file(std::string_view text, const file_identity& file) {
  const auto first = text.find(':');
  const auto second = first == std::string_view::npos ? first : text.find(':', first + 1);
  if (second == std::string_view::npos)
    return false;
  return number<unsigned>(text.substr(0, first), 16) == file.device_major &&
         number<unsigned>(text.substr(first + 1, second - first - 1), 16) == file.device_minor &&
         number<std::uint64_t>(text.substr(second + 1), 10) == file.inode;
}

std::string holder_name(int process) {
  auto name = read_small_file(fmt::format("/proc/{}/comm", process)).value_or(std::string{});
  while (name.ends_with('\n'))
    name.pop_back();
  return name.empty() ? fmt::format("process {}", process)
                      : fmt::format("process {} ({})", process, name);
}

lock_result describe_holder(int descriptor) {
  lock_result result{lock_outcome::held_elsewhere, "another process"};
  struct stat status {};
  const auto locks = read_small_file("/proc/locks");
  if (!locks || fstat(descriptor, &status) != 0)
    return result;
  const auto holder =
    find_lock_holder(*locks, {major(status.st_dev), minor(status.st_dev), status.st_ino});
  if (!holder || *holder <= 0) // 0: a process of another PID namespace
    return result;
  if (*holder == getpid())
    result.outcome = lock_outcome::held_here;
  result.holder = holder_name(*holder);
  return result;
}

} // namespace

lock_result lock_file(int descriptor) {
  int status = 0;
  do
    status = flock(descriptor, LOCK_EX | LOCK_NB);
  while (status != 0 && errno == EINTR);
  if (status == 0 || errno != EWOULDBLOCK)
    return {};
  return describe_holder(descriptor);
}

std::optional<int> find_lock_holder(std::string_view proc_locks, const file_identity& file) {
  while (!proc_locks.empty()) {
    const auto end = std::min(proc_locks.find('\n'), proc_locks.size());
    auto line = proc_locks.substr(0, end);
    proc_locks.remove_prefix(std::min(end + 1, proc_locks.size()));
    next_word(line); // number of the lock
    const auto kind = next_word(line);
    next_word(line); // ADVISORY
    next_word(line); // WRITE
    const auto process = number<int>(next_word(line), 10);
    if (kind == "FLOCK" && process && names_file(next_word(line), file))
      return process;
  }
  return std::nullopt;
}

} // namespace troupe::rollout_recorder
