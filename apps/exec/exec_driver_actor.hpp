#pragma once

#include "apps/common/turn_outcome.hpp"
#include "apps/exec/printer.hpp"
#include "messages/interfaces.hpp"

#include <functional>
#include <future>
#include <optional>
#include <string>
#include <system_error>
#include <variant>

/// Runs one turn of one thread and prints it.
///
/// Owner: `exec`'s command, which waits for the result. Sends: the thread and its manager; a signal
/// handler sends `interrupt_turn`. Bounds: `event_credit_window` events under way. Ends: when the
/// turn is over, or when the thread cannot be started or is lost. A turn whose output is lost (full
/// disk, closed pipe) is interrupted.
namespace troupe::exec {

inline constexpr std::uint32_t event_credit_window = 1024;

/// How long an interrupted turn may take to end.
inline constexpr std::chrono::seconds interrupt_limit{5};

/// The most recently updated thread of a provider; a new one when there is none.
struct resume_last {
  std::string cwd; ///< empty: of any directory
};

using thread_choice = std::variant<start_thread, resume_thread, resume_last>;

struct exec_job {
  thread_choice thread;
  thread_config config; ///< for a thread that `resume_last` starts or resumes
  user_input input;
  std::string prompt; ///< as it is shown
  std::vector<std::string> warnings;
};

struct exec_result {
  common::turn_outcome outcome;
  /// The thread could not be started: the text for stderr. The outcome says nothing then.
  std::optional<std::string> start_error;
  /// Output was lost; unless all was printed by then, the turn was stopped.
  std::error_code output_error;
};

struct exec_dependencies {
  thread_manager_actor threads;
  rollout_recorder_actor recorder;
  printer output;
  /// `resume_last` has found none: a new thread is going to be started. May be empty.
  std::function<void()> on_no_last_thread = {};
};

/// What the command and the signal handler send to.
using exec_driver_actor =
  event_sink_actor::extend<caf::result<void>(thread_created), caf::result<void>(thread_closed),
                           /// Ctrl-C: interrupts the turn; the result follows when it has ended.
                           caf::result<void>(interrupt_turn)>;

exec_driver_actor spawn_driver(caf::actor_system& sys, exec_job job, exec_dependencies deps,
                               std::promise<exec_result> result);

} // namespace troupe::exec
