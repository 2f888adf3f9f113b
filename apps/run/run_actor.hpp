#pragma once

#include "apps/run/progress_printer.hpp"
#include "apps/run/result_file.hpp"
#include "apps/run/run_plan.hpp"
#include "apps/run/task_board.hpp"
#include "apps/run/task_preparation.hpp"
#include "messages/interfaces.hpp"

#include <caf/fwd.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

/// Runs the tasks of a run: carries out what the task board decides.
///
/// Owner: `run`'s command, which waits for the outcome. Sends: threads and their manager; jobs of
/// the blocking pool; a signal handler sends `interrupt_turn`. Bounds: `board_limits::concurrency`
/// threads and preparations, one write at a time. Ends: when all is done and written.
namespace troupe::run {

/// Credit of the event stream of one thread.
inline constexpr std::uint32_t event_credit_window = 256;

struct run_job {
  std::vector<task> tasks;
  run_plan plan;
  board_limits limits;
  std::shared_ptr<const run_setup> setup;
};

struct run_dependencies {
  thread_manager_actor threads;
  std::function<void(std::function<void()>)> post;             ///< to the blocking pool
  std::function<void(std::function<void()>)> post_preparation; ///< to one that may hang
  std::shared_ptr<result_file> results;
  progress_printer progress;
  /// How many warnings of the tasks' configurations are told, each once; those of the run's own
  /// folder have been.
  std::size_t max_warnings = 0;
  /// Takes each batch of result lines once it is on the disk. Its error stops the run.
  std::function<std::error_code(std::string_view)> on_written;
  /// Whether Ctrl-C asked for the stop that was asked for. May be empty: something else did.
  std::function<bool()> is_interactive_stop;
};

struct run_outcome {
  /// All results that count, those of earlier runs included; without their messages.
  std::vector<result_record> results;
  bool stopped = false;
  std::string write_error;      ///< results.jsonl could not be written: the run was stopped
  std::error_code output_error; ///< of `on_written`: the run was stopped
};

using run_actor =
  event_sink_actor::extend<caf::result<void>(thread_created), caf::result<void>(thread_closed),
                           /// Ctrl-C or another signal: starts nothing more and interrupts what
                           /// runs.
                           caf::result<void>(interrupt_turn),
                           /// A tool call of that thread was refused: no sandbox, or no start at
                           /// all.
                           caf::result<void>(caf::put_atom, thread_id),
                           /// A job of the blocking pool is over.
                           caf::result<void>(caf::ok_atom, std::uint64_t)>;

run_actor spawn_run(caf::actor_system& sys, run_job job, run_dependencies deps,
                    std::promise<run_outcome> outcome);

} // namespace troupe::run
