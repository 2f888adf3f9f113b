#pragma once

#include "actors/tool_runner/shell_snapshots_run.hpp"
#include "config/credential_names.hpp"
#include "config/sandbox_settings.hpp"
#include "config/shell_environment.hpp"
#include "messages/interfaces.hpp"
#include "net/process_bounds.hpp"

#include <caf/fwd.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>

namespace troupe::net {
class io_pool;
} // namespace troupe::net

/// The actor that runs the tools of all threads of a node: commands, their processes, patches,
/// plans (contract tools.md).
///
/// Owner: the node's root. Threads send `run_tool` and get one answer per call: what the model gets
/// to read, or an error. Events of the call come before the answer, events of processes that go on
/// come later, from the same actor's I/O thread. `cancel_tools` answers calls with their abort
/// text; with an empty call id it also ends the thread's processes, as does the end of the thread's
/// actor.
///
/// A command whose policy asks for a sandbox runs in one or not at all. Nobody can be asked for
/// approval yet: what would need a question is rejected.
///
/// Bounds: `dependencies::max_open_calls`, beyond it `errc::queue_full`; `max_open_processes` per
/// thread; `dependencies::max_running` commands at once, the others wait for their turn and are
/// told so (`call_stage`). Ends: on an exit message; open calls get `errc::shutting_down`, all
/// processes are killed.
namespace troupe::tool_runner {

struct sandbox_options {
  config::sandbox_settings settings; ///< without `tmp`: shared
  std::string home;                  ///< CODEX_HOME, which no tool may change; empty: none
  std::string results;               ///< of a run, likewise; empty: none
};

struct dependencies {
  static constexpr std::size_t default_open_calls = 4096; ///< each may be a child with two pipes

  /// Processes, their output and time limits. Must have exactly one thread and outlive the actor.
  net::io_pool* io = nullptr;

  /// Runs blocking work (files) on another thread, `net::blocking_pool::post`. Empty: on the I/O
  /// thread.
  std::function<void(std::function<void()>)> post;

  /// This program's file; it is run as a child to apply patches. A symbolic link is resolved once
  /// for those in a sandbox; outside it runs under this name, which must be no agent's to change.
  std::string own_program = "/proc/self/exe";

  /// What children inherit before any policy; absent: the environment of this process.
  std::optional<config::variables> environment;

  /// Taken out of it, and out of what a shell's profile exports: a policy has to `set` them.
  config::variable_names withheld = config::credential_names({});

  /// What tools are going to need: tried at the start, beside all else, so that the first call
  /// need not wait for it, and told with an empty text when it works, else with what is missing and
  /// the remedy. From the I/O thread, once. A policy that restricts nothing needs no trial. Its
  /// roots name the working folders, too, as far as they are known.
  std::optional<sandbox_policy> expected;
  std::function<void(const std::string& problem)> on_probed;

  /// Told of each call that is refused because no sandbox can be set up here, or no command be
  /// started at all. From the I/O thread.
  std::function<void(const thread_id&, const std::string& problem)> on_refused;
  /// What holds for all sandboxes.
  sandbox_options sandbox;

  std::size_t max_open_calls = default_open_calls;

  /// Commands and patches that run at once, those that have yielded not counted; more wait. Absent:
  /// by cores and memory.
  std::optional<std::size_t> max_running;

  /// How login shells are spared (shell_snapshots_run.hpp); absent: none is.
  std::optional<shell_snapshots::limits> snapshots = shell_snapshots::limits{};
  /// Of each command with all it starts; held where `io` has a guardian.
  net::process_bounds bounds;

  /// An exec_command that the sandbox stops within this time counts as never started (contract
  /// tools.md 4.1). Tests stretch it.
  std::chrono::milliseconds early_exit_window{150};

  /// See run_context.
  std::chrono::milliseconds preparation_limit{60'000};
};

tool_runner_actor spawn(caf::actor_system& sys, dependencies deps);

} // namespace troupe::tool_runner
