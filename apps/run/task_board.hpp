#pragma once

#include "apps/common/turn_outcome.hpp"
#include "apps/run/progress.hpp"
#include "apps/run/result.hpp"
#include "apps/run/run_plan.hpp"
#include "apps/run/task.hpp"
#include "messages/event.hpp"
#include "messages/ids.hpp"

#include <chrono>
#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

/// The logic of a run: which task is in which state, and what is to be done next. The actor carries
/// the steps out and tells the board what came of them.
namespace troupe::run {

struct board_limits {
  std::size_t concurrency = 256; ///< lowered while tasks find too many files open
  std::optional<std::chrono::seconds> task_timeout; ///< of a turn; none: no limit
  /// How long an interrupted turn may take to end before its task is given up.
  std::chrono::seconds interrupt_grace{10};
};

/// Both clocks, read once per message.
struct board_time {
  std::chrono::steady_clock::time_point steady;
  std::chrono::system_clock::time_point wall;
};

/// Make the workspace and read what belongs to it. Answer: `on_prepared`, or `on_failed`.
struct prepare_step {
  planned_task task;
};
/// Answer: `on_started`, or `on_failed`.
struct start_step {
  std::size_t index = 0;
};
/// Submit the task's prompt, unless `may_submit` says otherwise by then.
struct submit_step {
  std::size_t index = 0;
  thread_id thread;
};
struct interrupt_step {
  thread_id thread;
};
/// Answer: `on_removed`, whatever became of it.
struct remove_step {
  thread_id thread;
};
struct record_step {
  result_record record;
};
using step =
  std::variant<prepare_step, start_step, submit_step, interrupt_step, remove_step, record_step>;
using steps = std::vector<step>;

class task_board {
public:
  /// `tasks` must outlive the board; `kept` counts the tasks that need not run.
  task_board(const std::vector<task>& tasks, run_plan plan, board_limits limits);

  steps start(const board_time& now);
  steps on_prepared(std::size_t index, std::string workspace, const board_time& now);
  steps on_started(std::size_t index, const session_configured& session, const board_time& now);
  /// The workspace or the thread could not be made. A task that found too many files open is not
  /// recorded: it waits for another try beside fewer tasks, unless it was alone.
  steps on_failed(std::size_t index, std::string_view error, const board_time& now);
  steps on_event(const thread_id& thread, const event_msg& x, const board_time& now);
  /// The thread is gone or its turn cannot be followed any more.
  steps on_lost(const thread_id& thread, std::string_view error, const board_time& now);
  /// A tool call of the thread was refused: no sandbox, or no start at all.
  void on_refused(const thread_id& thread);
  steps on_removed(const thread_id& thread, const board_time& now);
  /// Deadlines; call it about once per second.
  steps on_tick(const board_time& now);
  /// Starts nothing more and interrupts what runs.
  steps stop(const board_time& now);

  /// False once the thread is to end: what is submitted then would still run.
  bool may_submit(const thread_id& thread) const;

  /// Nothing runs and nothing is left to start.
  bool is_done() const { return slots_.empty() && (stopping_ || todo_.empty()); }
  progress_counts counts() const;

private:
  enum class phase : std::uint8_t { preparing, starting, running, ending };

  struct slot {
    planned_task plan;
    task_board::phase phase = phase::preparing;
    std::string workspace;
    thread_id thread;
    session_configured session;
    board_time started;
    common::turn_outcome outcome;
    std::uint64_t refused = 0;
    std::optional<std::chrono::steady_clock::time_point> give_up; ///< set by an interrupt
    bool timed_out = false;
    bool runs_again = false; ///< it failed for want of descriptors: nothing is recorded
  };

  void fill(steps& out);
  void interrupt(slot& x, const board_time& now, steps& out) const;
  void finish(slot& x, const board_time& now, steps& out);
  bool may_run_again(const slot& x, std::string_view error) const;
  void put_back(const planned_task& x);
  void count(const result_record& x);
  result_record record_of(const slot& x, const board_time& now) const;
  std::string error_of(const slot& x) const;
  const slot* running_slot(const thread_id& thread) const;
  slot* running_slot(const thread_id& thread);

  const std::vector<task>& tasks_;
  board_limits limits_;
  std::deque<planned_task> todo_;
  std::map<std::size_t, slot> slots_; ///< by task index; at most `concurrency`
  std::unordered_map<thread_id, std::size_t> threads_;
  progress_counts counts_;
  bool stopping_ = false;
};

} // namespace troupe::run
