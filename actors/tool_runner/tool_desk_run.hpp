#pragma once

#include "actors/tool_runner/exec_sessions_run.hpp"
#include "actors/tool_runner/patch_run.hpp"
#include "actors/tool_runner/run_context.hpp"

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>

namespace troupe::tool_runner {

/// Runs the calls of all threads and keeps their processes. Its functions may be called from any
/// thread; what they ask for is done on the I/O thread, in order. `finish` of every call's sink is
/// called exactly once, after a cancel too. How many calls are open is bounded by the caller.
class tool_desk : public std::enable_shared_from_this<tool_desk> {
public:
  explicit tool_desk(run_context context)
    : context_(std::make_shared<const run_context>(std::move(context))) {}

  void start(run_tool call, call_sink sink);

  /// Ends one call, or, with an empty call id, every call and every process of the thread.
  void cancel(const thread_id& thread, const std::string& call_id);

  /// The thread is gone: so is what was kept for its sandboxes.
  void forget(const thread_id& thread);

  /// Ends everything; nothing is told any more but the end of calls.
  void stop();

private:
  struct waiting_patch {
    run_tool call;
    patch_plan plan;
    call_sink sink;
    child_run::clock::time_point since;
  };

  struct thread_state {
    std::map<std::string, std::shared_ptr<open_run>> calls; ///< by call id; null while it starts
    std::shared_ptr<exec_sessions> sessions;
    std::shared_ptr<turn_diff_tracker> diff;
    std::string diff_turn;
    std::deque<waiting_patch> patches;
    bool is_patching = false;
  };

  void on_start(run_tool& call, call_sink sink);
  std::shared_ptr<open_run> run(const run_tool& call, thread_state& of, call_sink sink);
  void start_next_patch(const thread_id& thread);
  void cancel_all(thread_state& of);
  void cancel_waiting_patches(thread_state& of, const std::string& call_id);
  void forget_if_idle(const thread_id& thread);
  std::shared_ptr<exec_sessions> sessions_of(const thread_id& thread, thread_state& of);

  std::shared_ptr<const run_context> context_;
  std::unordered_map<thread_id, thread_state> threads_;
  bool is_stopped_ = false;
};

} // namespace troupe::tool_runner
