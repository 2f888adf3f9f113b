#include "net/spawn.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

#include <fcntl.h>
#include <linux/close_range.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

namespace troupe::net {

namespace {

enum class stage { starting, bounds, descriptors, terminal, directory, program };

struct moved_descriptor {
  int ours;
  int as;
  int parked; // a number out of the way of all `as`
};

// Everything the child needs, made before it is born: it may not allocate.
struct child_task {
  const char* program;
  char* const* argv;
  char* const* shell_argv; // for a script without an interpreter line
  char* const* environment;
  const char* cwd; // null: ours
  moved_descriptor* descriptors;
  std::size_t descriptor_count;
  int first_free_descriptor;
  int descriptor_limit;
  spawn_plan::terminal tty;
  pid_t parent;
  int death_signal;
  const int* cgroups;
  std::size_t cgroup_count;
  rlim_t max_file_bytes; // 0: as ours
  bool has_niceness;
  int niceness;

  // The child's answer; the memory is shared.
  stage reached;
  int error;
};

#define TROUPE_RUNS_IN_CHILD __attribute__((no_sanitize("address", "thread", "undefined")))

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

// Returns only when something failed.
TROUPE_RUNS_IN_CHILD void become_program(child_task& task) {
  reset_signals();
  if (::setsid() < 0)
    ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, task.death_signal);
  if (::getppid() != task.parent) // it has died already
    return;
  task.reached = stage::bounds;
  if (!accept_bounds(task))
    return;
  task.reached = stage::descriptors;
  close_all_at_exec(task.descriptor_limit);
  if (!place_descriptors(task))
    return;
  task.reached = stage::terminal;
  if (task.tty == spawn_plan::terminal::controlling && ::ioctl(0, TIOCSCTTY, 0) < 0)
    return;
  task.reached = stage::directory;
  if (task.cwd != nullptr && ::chdir(task.cwd) < 0)
    return;
  task.reached = stage::program;
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execve(task.program, task.argv, task.environment);
  if (errno == ENOEXEC)
    ::execve(task.shell_argv[0], task.shell_argv, task.environment);
}

TROUPE_RUNS_IN_CHILD int child_main(void* argument) {
  auto& task = *static_cast<child_task*>(argument);
  become_program(task);
  task.error = errno;
  ::_exit(127);
}

#undef TROUPE_RUNS_IN_CHILD

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
std::string find_program(const std::string& name, const std::vector<std::string>& environment) {
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

spawn_result failure(int error, std::string what) {
  spawn_result result;
  result.error = error;
  result.detail = std::move(what) + ": " + std::strerror(error);
  return result;
}

std::string what_failed(const child_task& task, const spawn_plan& plan) {
  switch (task.reached) {
  case stage::starting: return "cannot start a process";
  case stage::bounds: return "cannot bound the process";
  case stage::descriptors: return "cannot pass the descriptors";
  case stage::terminal: return "cannot take the terminal";
  case stage::directory: return "cannot enter '" + plan.cwd + "'";
  case stage::program: return "cannot run '" + plan.argv.front() + "'";
  }
  return {}; // unreachable; keeps GCC content
}

#ifdef __SANITIZE_THREAD__
// ThreadSanitizer takes `clone` for a fork and stops watching in the child's memory, which is ours.
extern "C" int __clone(int (*run)(void*), void* stack, int flags, void* argument, ...);
constexpr auto* clone_process = &__clone;
#else
constexpr auto* clone_process = &::clone;
#endif

spawn_result run(child_task& task, const spawn_plan& plan) {
  constexpr std::size_t stack_bytes = 64 * 1024;
  const auto stack = std::make_unique_for_overwrite<char[]>(stack_bytes);
  const auto top =
    reinterpret_cast<std::uintptr_t>(stack.get() + stack_bytes) & ~std::uintptr_t{15};
  // No signal may run one of our handlers in the child, on our memory.
  sigset_t all, before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  int watch = -1;
  const pid_t pid = clone_process(child_main, reinterpret_cast<void*>(top),
                                  CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD, &task, &watch);
  const int error = pid < 0 ? errno : task.error;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  unique_fd owned{watch};
  if (pid < 0)
    return failure(error, "cannot start a process");
  if (error != 0) {
    ::waitid(P_PID, static_cast<id_t>(pid), nullptr, WEXITED);
    auto result = failure(error, what_failed(task, plan));
    result.is_refused_by_cgroup = task.reached == stage::bounds;
    return result;
  }
  spawn_result result;
  result.pid = pid;
  result.watch = std::move(owned);
  return result;
}

} // namespace

spawn_result spawn_child(const spawn_plan& plan, const spawn_terms& terms) {
  if (plan.argv.empty() || has_null_byte(plan.argv) || has_null_byte(plan.environment) ||
      plan.cwd.find('\0') != plan.cwd.npos)
    return failure(EINVAL, "cannot start a process");
  const auto program = find_program(plan.argv.front(), plan.environment);
  auto shell_command = plan.argv;
  shell_command.front() = program;
  shell_command.insert(shell_command.begin(), "/bin/sh");
  const auto argv = pointers_to(plan.argv);
  const auto shell_argv = pointers_to(shell_command);
  const auto environment = pointers_to(plan.environment);
  std::vector<moved_descriptor> descriptors;
  int first_free = 3;
  for (const auto& [ours, as] : plan.descriptors) {
    descriptors.push_back({ours, as, -1});
    first_free = std::max(first_free, as + 1);
  }
  child_task task{.program = program.c_str(),
                  .argv = argv.data(),
                  .shell_argv = shell_argv.data(),
                  .environment = environment.data(),
                  .cwd = plan.cwd.empty() ? nullptr : plan.cwd.c_str(),
                  .descriptors = descriptors.data(),
                  .descriptor_count = descriptors.size(),
                  .first_free_descriptor = first_free,
                  .descriptor_limit = open_descriptor_limit(),
                  .tty = plan.tty,
                  .parent = ::getpid(),
                  .death_signal = terms.death_signal,
                  .cgroups = terms.cgroups.data(),
                  .cgroup_count = terms.cgroups.size(),
                  .max_file_bytes = terms.max_file_bytes,
                  .has_niceness = terms.niceness.has_value(),
                  .niceness = terms.niceness.value_or(0),
                  .reached = stage::starting,
                  .error = 0};
  return run(task, plan);
}

} // namespace troupe::net
