#include "net/spawn.hpp"

#include "net/child_birth.hpp"

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <memory>

#include <sched.h>
#include <sys/wait.h>

namespace troupe::net {

namespace {

__attribute__((no_sanitize("address", "thread", "undefined"))) int child_main(void* argument) {
  auto& task = *static_cast<child_task*>(argument);
  if (prepare_child(task) && enter_directory(task))
    run_program(task);
  task.error = errno; // the memory is shared
  ::_exit(127);
}

spawn_result failure(int error, std::string what) {
  spawn_result result;
  result.error = error;
  result.detail = std::move(what) + ": " + std::strerror(error);
  return result;
}

#ifdef __SANITIZE_THREAD__
// ThreadSanitizer takes `clone` for a fork and stops watching in the child's memory, which is ours.
extern "C" int __clone(int (*run)(void*), void* stack, int flags, void* argument, ...);
constexpr auto* clone_process = &__clone;
#else
constexpr auto* clone_process = &::clone;
#endif

} // namespace

born_child bear_child(child_task& task) {
  constexpr std::size_t stack_bytes = 64 * 1024;
  const auto stack = std::make_unique_for_overwrite<char[]>(stack_bytes);
  const auto top =
    reinterpret_cast<std::uintptr_t>(stack.get() + stack_bytes) & ~std::uintptr_t{15};
  // No signal may run one of our handlers in the child, on our memory.
  sigset_t all, before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  int watch = -1;
  born_child result;
  result.pid = clone_process(child_main, reinterpret_cast<void*>(top),
                             CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD, &task, &watch);
  result.error = result.pid < 0 ? errno : task.error;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  result.watch = unique_fd{watch};
  if (result.pid >= 0 && result.error != 0) {
    ::waitid(P_PID, static_cast<id_t>(result.pid), nullptr, WEXITED);
    result.pid = -1;
  }
  return result;
}

spawn_result spawn_child(const spawn_plan& plan, const spawn_terms& terms) {
  if (!is_sound(plan))
    return failure(EINVAL, "cannot start a process");
  child_preparation child{plan, terms, ::getpid()};
  child.find_program();
  auto born = bear_child(child.task);
  if (born.pid < 0)
    return failure(born.error, what_failed(child.task.reached, plan));
  spawn_result result;
  result.pid = born.pid;
  result.watch = std::move(born.watch);
  return result;
}

} // namespace troupe::net
