#pragma once

#include "net/spawn.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <sys/resource.h>

/// Internal to net/: what a child does between its birth and its program, step by step. All steps
/// run in the child, call nothing but system calls and allocate nothing: it may run on our memory
/// (`spawn_child`) or on a copy of it (`begin_child`).
namespace troupe::net {

/// How far it has come.
enum class birth_stage : std::uint8_t {
  starting,
  bounds,
  descriptors,
  terminal,
  mounts,
  read_only_files,
  directory,
  program
};

/// "cannot enter '/home/x'"
std::string what_failed(birth_stage reached, const spawn_plan& plan);

struct child_task {
  struct moved_descriptor {
    int ours;
    int as;
    int parked; ///< a number out of the way of all `as`
  };

  const char* program;
  char* const* argv;
  char* const* shell_argv; ///< for a script without an interpreter line
  char* const* environment;
  const char* cwd; ///< null: ours
  moved_descriptor* descriptors;
  std::size_t descriptor_count;
  int first_free_descriptor; ///< above all `as`
  int descriptor_limit;
  spawn_plan::terminal tty;
  const char* const* read_only_files; ///< ends with null; null: none
  pid_t parent;
  int death_signal;
  const int* cgroups;
  std::size_t cgroup_count;
  rlim_t max_file_bytes;   ///< 0: as ours
  rlim_t open_descriptors; ///< 0: as ours
  bool has_niceness;
  int niceness;

  /// The child's answer.
  birth_stage reached;
  int error;
};

/// Session, signals, bounds, descriptors, terminal, mounts. False: errno says why.
bool prepare_child(child_task& task);

bool enter_directory(child_task& task);

/// Returns only when that failed.
void run_program(child_task& task);

/// Everything that a task points to; made before the child is born where it shares our memory.
class child_preparation {
public:
  /// Keeps references to both.
  child_preparation(const spawn_plan& plan, const spawn_terms& terms, pid_t parent);
  child_preparation(const child_preparation&) = delete;
  child_preparation& operator=(const child_preparation&) = delete;

  /// Looks it up in the PATH of the plan, in folders that may be on a disk that does not answer.
  void find_program();

  child_task task{};

private:
  const spawn_plan& plan_;
  std::string program_;
  std::vector<std::string> shell_command_;
  std::vector<char*> argv_, shell_argv_, environment_, read_only_files_;
  std::vector<child_task::moved_descriptor> descriptors_;
};

/// The calling thread waits until the child is its program, or has failed. Then `pid` is -1,
/// `error` is set, and `reached` of the task says where.
struct born_child {
  pid_t pid = -1;
  unique_fd watch; ///< a pidfd
  int error = 0;   ///< errno
};

born_child bear_child(child_task& task);

/// Can it be told to the kernel at all?
bool is_sound(const spawn_plan& plan);

} // namespace troupe::net
