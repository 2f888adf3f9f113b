#pragma once

#include "actors/tool_runner/child_run.hpp"
#include "actors/tool_runner/command_start_run.hpp"
#include "actors/tool_runner/output_buffers.hpp"
#include "actors/tool_runner/output_deltas.hpp"
#include "actors/tool_runner/run_context.hpp"
#include "actors/tool_runner/session_ids.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace troupe::tool_runner {

/// A call that waits for a session's output.
struct session_reader {
  enum class kind : std::uint8_t { starter, poller }; ///< exec_command or write_stdin

  kind type = kind::starter;
  std::string call_id;
  std::string chars; ///< what the poller has written
  std::int64_t max_output_tokens = default_output_tokens;
  std::chrono::milliseconds yield_time{0};
  call_sink sink;
  child_run::clock::time_point started;
};

/// What a session tells its table.
struct session_owner {
  /// It goes on behind its first answer; returns a note for the model when there are many.
  std::function<std::optional<std::string>()> on_kept;
  /// It has ended and nobody will ask for it any more.
  std::function<void()> on_over;
};

/// A process of exec_command, which may outlive the call. Contract tools.md 4. Lives on the I/O
/// thread. At most one call reads from it at a time.
class exec_session : public std::enable_shared_from_this<exec_session> {
public:
  static constexpr std::chrono::milliseconds pause_after_input{100};

  /// Starts the process; `sink` gets the call's answer and, as long as it runs, the process's
  /// events.
  static std::shared_ptr<exec_session> start(std::shared_ptr<const run_context> context,
                                             const run_tool& call, exec_plan plan, std::int32_t id,
                                             call_sink sink, session_owner owner);

  /// Writes what the call wants to write, then collects output for it.
  void read(const run_tool& call, const write_stdin_arguments& arguments, call_sink sink);

  /// Answers the reading call with its abort text. A session whose start is aborted is terminated.
  void cancel_reader();

  /// Kills the process; its end is still told, with exit code -1.
  void terminate();

  /// Kills the process; nothing is told any more.
  void abandon();

  bool has_reader() const { return reader_.has_value(); }
  bool has_terminal() const { return plan_.tty == terminal_wish::pty; }
  bool is_kept() const { return is_kept_; }
  session_use use() const;

private:
  exec_session(std::shared_ptr<const run_context> context, const run_tool& call, exec_plan plan,
               std::int32_t id, session_owner owner);

  void run_child();
  void spawn(child_order order);
  void give_place_back();
  void on_start();
  void on_output(std::string_view bytes);
  void on_end(const child_end& end);
  void on_deadline();

  /// The begin event, and what was written before it.
  void begin();
  void show(std::vector<std::string> pieces);
  std::string shown_to_model(std::string_view text) const;
  void tell_end(const child_end& end, std::int32_t exit_code);

  void set_deadline(std::chrono::milliseconds delay);
  void answer_reader();
  void answer_starter(std::string output);
  void finish_reader(std::string output, bool success, std::vector<std::string> notes = {});
  void over();

  std::shared_ptr<const run_context> context_;
  exec_plan plan_;
  std::int32_t id_;
  session_owner owner_;
  thread_id thread_;
  shared_value<tool_context> settings_;
  exec_command_begin begin_;
  std::function<void(std::vector<event_msg>)> progress_;
  std::shared_ptr<command_start> start_; ///< until it has yielded or ended
  std::shared_ptr<child_run> child_;
  std::optional<session_reader> reader_;
  net::timer_handle early_timer_;
  net::timer_handle deadline_;
  head_tail_buffer transcript_;
  head_tail_buffer unread_;
  delta_cutter cutter_;
  delta_budget budget_;
  std::optional<std::int32_t> exit_code_;
  child_run::clock::time_point last_use_ = child_run::clock::now();
  bool has_begun_ = false;
  bool is_kept_ = false;
  bool is_terminated_ = false;
};

} // namespace troupe::tool_runner
