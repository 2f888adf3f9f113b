#include "net/child_birth.hpp"

#include "net/read_only_cover.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string_view>

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

namespace troupe::net {

#define TROUPE_RUNS_IN_CHILD __attribute__((no_sanitize("address", "thread", "undefined")))

namespace {

TROUPE_RUNS_IN_CHILD void reset_signals() {
  struct sigaction fresh;
  std::memset(&fresh, 0, sizeof(fresh));
  fresh.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number)
    ::sigaction(number, &fresh, nullptr); // fails for those that cannot be changed
}

TROUPE_RUNS_IN_CHILD void close_all_at_exec(int limit) {
  if (::syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC) == 0)
    return;
  for (int fd = 3; fd < limit; ++fd) // a kernel before 5.11
    ::fcntl(fd, F_SETFD, FD_CLOEXEC);
}

// In two rounds, because one's source may be another's target.
TROUPE_RUNS_IN_CHILD bool place_descriptors(child_task& task) {
  for (std::size_t i = 0; i < task.descriptor_count; ++i) {
    auto& x = task.descriptors[i];
    x.parked = ::fcntl(x.ours, F_DUPFD_CLOEXEC, task.first_free_descriptor);
    if (x.parked < 0)
      return false;
  }
  for (std::size_t i = 0; i < task.descriptor_count; ++i)
    if (::dup2(task.descriptors[i].parked, task.descriptors[i].as) < 0)
      return false;
  return true;
}

TROUPE_RUNS_IN_CHILD bool accept_bounds(const child_task& task) {
  for (std::size_t i = 0; i < task.cgroup_count; ++i)
    if (::write(task.cgroups[i], "0", 1) != 1)
      return false;
  rlimit limit;
  if (task.max_file_bytes != 0 && ::getrlimit(RLIMIT_FSIZE, &limit) == 0 &&
      limit.rlim_max > task.max_file_bytes) {
    limit.rlim_cur = limit.rlim_max = task.max_file_bytes;
    if (::setrlimit(RLIMIT_FSIZE, &limit) != 0)
      return false;
  }
  if (task.has_niceness) // no bound: where it is refused, the command runs all the same
    ::setpriority(PRIO_PROCESS, 0, task.niceness);
  return true;
}

} // namespace

TROUPE_RUNS_IN_CHILD bool prepare_child(child_task& task) {
  reset_signals();
  if (::setsid() < 0)
    ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, task.death_signal);
  if (::getppid() != task.parent) { // it has died already
    errno = ESRCH;
    return false;
  }
  task.reached = birth_stage::bounds;
  if (!accept_bounds(task))
    return false;
  task.reached = birth_stage::descriptors;
  close_all_at_exec(task.descriptor_limit);
  if (!place_descriptors(task))
    return false;
  task.reached = birth_stage::terminal;
  if (task.tty == spawn_plan::terminal::controlling && ::ioctl(0, TIOCSCTTY, 0) < 0)
    return false;
  if (task.read_only_files == nullptr)
    return true;
  task.reached = birth_stage::mounts;
  if (!enter_own_mounts())
    return false;
  task.reached = birth_stage::read_only_files;
  return cover_read_only(task.read_only_files);
}

TROUPE_RUNS_IN_CHILD bool enter_directory(child_task& task) {
  task.reached = birth_stage::directory;
  return task.cwd == nullptr || ::chdir(task.cwd) == 0;
}

TROUPE_RUNS_IN_CHILD void run_program(child_task& task) {
  task.reached = birth_stage::program;
  rlimit limit; // only now: descriptors may have been placed beyond it
  if (task.open_descriptors != 0 && ::getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
      task.open_descriptors <= limit.rlim_max) {
    limit.rlim_cur = task.open_descriptors;
    ::setrlimit(RLIMIT_NOFILE, &limit);
  }
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execve(task.program, task.argv, task.environment);
  if (errno == ENOEXEC)
    ::execve(task.shell_argv[0], task.shell_argv, task.environment);
}

#undef TROUPE_RUNS_IN_CHILD

namespace {

std::vector<char*> pointers_to(const std::vector<std::string>& texts) {
  std::vector<char*> result;
  result.reserve(texts.size() + 1);
  for (const auto& text : texts)
    result.push_back(const_cast<char*>(text.c_str())); // exec's old signature; it does not write
  result.push_back(nullptr);
  return result;
}

bool has_null_byte(const std::vector<std::string>& texts) {
  return std::ranges::any_of(texts, [](const auto& x) { return x.find('\0') != x.npos; });
}

std::string_view value_of(const std::vector<std::string>& environment, std::string_view name) {
  for (std::string_view entry : environment)
    if (entry.starts_with(name) && entry.substr(name.size()).starts_with('='))
      return entry.substr(name.size() + 1);
  return {};
}

// The file a shell would run; when there is none, the name itself, whose exec then fails.
std::string program_file(const std::string& name, const std::vector<std::string>& environment) {
  if (name.find('/') != name.npos)
    return name;
  auto rest = value_of(environment, "PATH");
  while (!rest.empty()) {
    const auto end = std::min(rest.find(':'), rest.size());
    auto path = std::string{rest.substr(0, end)} + "/" + name;
    if (end > 0 && ::access(path.c_str(), X_OK) == 0)
      return path;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return "/nonexistent/" + name;
}

int open_descriptor_limit() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return static_cast<int>(std::min<rlim_t>(limit.rlim_cur, 1 << 20));
}

} // namespace

bool is_sound(const spawn_plan& plan) {
  return !plan.argv.empty() && !has_null_byte(plan.argv) && !has_null_byte(plan.environment) &&
         !has_null_byte(plan.read_only_files) && plan.cwd.find('\0') == plan.cwd.npos;
}

std::string what_failed(birth_stage reached, const spawn_plan& plan) {
  switch (reached) {
  case birth_stage::starting: return "cannot start a process";
  case birth_stage::bounds: return "cannot bound the process";
  case birth_stage::descriptors: return "cannot pass the descriptors";
  case birth_stage::terminal: return "cannot take the terminal";
  case birth_stage::mounts: return "cannot give it mounts of its own";
  case birth_stage::read_only_files: return "cannot cover its read-only files";
  case birth_stage::directory: return "cannot enter '" + plan.cwd + "'";
  case birth_stage::program: return "cannot run '" + plan.argv.front() + "'";
  }
  return {}; // unreachable; keeps GCC content
}

child_preparation::child_preparation(const spawn_plan& plan, const spawn_terms& terms, pid_t parent)
  : plan_(plan), shell_command_(plan.argv), argv_(pointers_to(plan.argv)),
    environment_(pointers_to(plan.environment)),
    read_only_files_(pointers_to(plan.read_only_files)) {
  int first_free = 3;
  for (const auto& [ours, as] : plan.descriptors) {
    descriptors_.push_back({ours, as, -1});
    first_free = std::max(first_free, as + 1);
  }
  shell_command_.insert(shell_command_.begin(), "/bin/sh");
  task.argv = argv_.data();
  task.environment = environment_.data();
  task.cwd = plan.cwd.empty() ? nullptr : plan.cwd.c_str();
  task.descriptors = descriptors_.data();
  task.descriptor_count = descriptors_.size();
  task.first_free_descriptor = first_free;
  task.descriptor_limit = open_descriptor_limit();
  task.tty = plan.tty;
  task.read_only_files = plan.read_only_files.empty() ? nullptr : read_only_files_.data();
  task.parent = parent;
  task.death_signal = terms.death_signal;
  task.cgroups = terms.cgroups.data();
  task.cgroup_count = terms.cgroups.size();
  task.max_file_bytes = terms.max_file_bytes;
  task.open_descriptors = terms.open_descriptors;
  task.has_niceness = terms.niceness.has_value();
  task.niceness = terms.niceness.value_or(0);
}

void child_preparation::find_program() {
  program_ = program_file(plan_.argv.front(), plan_.environment);
  shell_command_[1] = program_;
  shell_argv_ = pointers_to(shell_command_);
  task.program = program_.c_str();
  task.shell_argv = shell_argv_.data();
}

} // namespace troupe::net
