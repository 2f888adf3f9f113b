#include "net/guardian/child_start.hpp"

#include "net/guardian/descriptor_message.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

namespace troupe::net {

namespace {

enum class report_word : std::uint8_t { entered, failed };

struct failure_report {
  report_word word = report_word::failed;
  birth_stage reached = birth_stage::starting;
  std::int32_t error = 0;
};

struct folder_line {
  std::uint64_t device = 0;
  writable_folder::disk kind = writable_folder::disk::foreign;
  std::uint8_t number = 0;
  bool has_descriptor = false;
};

constexpr std::size_t max_folders = 8;
constexpr std::size_t max_report_bytes = 8 + max_folders * sizeof(folder_line);

void close_between(int first, int last) {
  if (first > last ||
      ::syscall(SYS_close_range, static_cast<unsigned>(first), static_cast<unsigned>(last), 0) == 0)
    return;
  for (int fd = first; fd <= std::min(last, 4096); ++fd) // a kernel before 5.9
    ::close(fd);
}

// Before anything that may hang: what a child holds of others would keep their pipes open.
void close_all_others(const child_task& task, int report) {
  for (int fd = 3; fd < task.first_free_descriptor; ++fd)
    if (std::none_of(task.descriptors, task.descriptors + task.descriptor_count,
                     [fd](const auto& x) { return x.as == fd; }))
      ::close(fd);
  close_between(task.first_free_descriptor, report - 1);
  close_between(report + 1, static_cast<int>(~0U >> 1));
}

void tell_folders(int report, const std::vector<writable_folder>& folders) {
  std::string bytes(1, static_cast<char>(report_word::entered));
  std::vector<int> descriptors;
  for (const auto& x : folders) {
    const folder_line line{x.device, x.kind, x.number, static_cast<bool>(x.folder)};
    bytes.append(reinterpret_cast<const char*>(&line), sizeof(line));
    if (x.folder)
      descriptors.push_back(x.folder.get());
  }
  send_descriptors(report, bytes, descriptors);
}

[[noreturn]] void be_child(const spawn_plan& plan, const spawn_terms& terms, pid_t parent,
                           int report, const std::function<std::vector<writable_folder>()>& look) {
  child_preparation child{plan, terms, parent};
  auto& task = child.task;
  const int kept = ::fcntl(report, F_DUPFD_CLOEXEC, task.first_free_descriptor);
  if (kept >= 0)
    report = kept; // out of the way of the plan's numbers
  if (kept >= 0 && prepare_child(task)) {
    close_all_others(task, report);
    if (enter_directory(task)) {
      tell_folders(report, look());
      child.find_program();
      run_program(task);
    }
  }
  const failure_report told{report_word::failed, task.reached, errno};
  send_descriptors(report, {reinterpret_cast<const char*>(&told), sizeof(told)}, {});
  ::_exit(127);
}

std::vector<writable_folder> read_folders(std::string_view bytes,
                                          std::vector<unique_fd> descriptors) {
  std::vector<writable_folder> result;
  auto next = descriptors.begin();
  for (; bytes.size() >= sizeof(folder_line); bytes.remove_prefix(sizeof(folder_line))) {
    folder_line line;
    std::memcpy(&line, bytes.data(), sizeof(line));
    auto& x = result.emplace_back();
    x.device = line.device;
    x.kind = line.kind;
    x.number = line.number;
    if (line.has_descriptor && next != descriptors.end())
      x.folder = std::move(*next++);
  }
  return result;
}

} // namespace

begun_child begin_child(const spawn_plan& plan, const spawn_terms& terms,
                        const std::function<std::vector<writable_folder>()>& look) {
  begun_child result;
  if (!is_sound(plan)) {
    result.error = EINVAL;
    return result;
  }
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    result.error = errno;
    return result;
  }
  result.report = unique_fd{ends[0]};
  const unique_fd its{ends[1]};
  const pid_t parent = ::getpid();
  result.pid = ::fork();
  if (result.pid == 0)
    be_child(plan, terms, parent, its.get(), look);
  if (result.pid < 0)
    result.error = errno;
  return result;
}

start_report read_report(int report) {
  start_report result;
  auto message = receive_descriptors(report, max_report_bytes);
  if (message.what == descriptor_message::state::ended) {
    result.what = start_report::kind::over;
    return result;
  }
  if (message.what != descriptor_message::state::arrived)
    return result;
  const std::string_view bytes = message.bytes;
  failure_report told;
  if (bytes.front() == static_cast<char>(report_word::failed) && bytes.size() == sizeof(told)) {
    std::memcpy(&told, bytes.data(), sizeof(told));
    result.what = start_report::kind::failed;
    result.reached = told.reached;
    result.error = told.error;
  } else {
    result.what = start_report::kind::entered;
    result.folders = read_folders(bytes.substr(1), std::move(message.descriptors));
  }
  return result;
}

} // namespace troupe::net
