#pragma once

#include "actors/codex_thread/compaction.hpp"
#include "actors/codex_thread/model_attempts.hpp"
#include "actors/codex_thread/session_core.hpp"
#include "actors/codex_thread/streamed_items.hpp"
#include "actors/codex_thread/tool_calls.hpp"
#include "messages/op.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace troupe::codex_thread {

/// A `regular` turn talks to the model, a `compact` turn only shortens the history.
enum class turn_kind : std::uint8_t { regular, compact };

/// One turn: user input, model requests and tool calls in turns until the model stops (contract
/// threads.md 10 and 11), with compactions where the context window fills up. Pure: everything it
/// wants done goes into `effects`; what happens comes in through the `on_` functions. It ends
/// exactly once, with `task_complete` or `turn_aborted`, and never before its lines are
/// acknowledged.
class turn_machine {
public:
  /// Input taken during a turn waits for the next model request; more than this is refused.
  static constexpr std::size_t max_pending_inputs = 64;
  /// A turn that keeps calling tools is stopped here: no provider is asked for ever.
  static constexpr std::size_t max_requests = 10'000;

  /// A compact turn takes no input.
  turn_machine(session_core& core, std::string id, turn_kind kind, user_input input);

  /// First step: task started, input recorded, first request.
  void begin(effects& out);

  /// More input: it goes with the next model request, or is recorded when there is none. The
  /// caller looks at `has_room` before, unless the turn is about to end. False: too late.
  bool steer(user_input input);
  bool has_room() const { return pending_.size() < max_pending_inputs; }

  /// Holds back what tells the outcome of a running call until that is written; false: it does
  /// not, and `msg` is untouched.
  bool keep(event_msg& msg) { return calls_.keep(msg); }

  /// What the working directory is; the turn's requests wait for this word.
  void on_workspace(std::string metadata_json, effects& out);

  /// Appends effects for what one read of the stream brought. Events of other streams are ignored.
  void on_model_events(model_events& x, effects& out);
  void on_stream_ended(const stream_ended& x, effects& out);
  /// `stream` is the one whose response made the call; a result of an abandoned attempt is ignored.
  void on_tool_result(stream_number stream, const tool_result& x, effects& out);
  void on_tool_stage(const std::string& call_id, call_stage stage);
  void on_compacted(stream_number number, compacted_history& x, effects& out);

  /// The lines written so far are safe, or `failure` says why they are not.
  void on_flushed(const std::string& failure, effects& out);

  /// Stops the turn: stream and tools end, then the turn is reported as aborted.
  void interrupt(abort_reason reason, effects& out);

  /// The request could not even be handed to the model client.
  void on_open_failed(const model_error& x, effects& out);

  /// Grants of stream credit due after `on_model_events`; zero most of the time.
  std::uint32_t take_credit_due();

  bool is_over() const { return phase_ == phase::over; }
  bool takes_input() const { return kind_ == turn_kind::regular && is_working(); }
  wait_kind waits_for() const;
  /// Of `wait_kind::command_place`: since when.
  std::optional<std::chrono::system_clock::time_point> waits_for_place_since() const;
  const std::string& id() const { return id_; }
  stream_number stream() const { return compaction_ ? compaction_->stream() : attempts_.stream(); }
  stream_number calls_stream() const { return calls_stream_; }

private:
  enum class phase : std::uint8_t {
    describing,
    sampling,
    retrying,
    running_tools,
    compacting,
    aborting,
    flushing,
    over
  };

  bool is_working() const;
  void record_user_input(const std::vector<input_item>& items, effects& out);
  void compact(effects& out);
  void after_compaction_step(effects& out);
  void next_request(effects& out);
  void start_attempt(std::chrono::milliseconds delay, effects& out);

  void on_event(stream_created&, effects&) {}
  void on_event(output_item_added& x, effects& out) { items_.added(x.item, out); }
  void on_event(output_item_done& x, effects& out);
  void on_event(output_text_delta& x, effects& out) { items_.changed(x, out); }
  void on_event(reasoning_summary_delta& x, effects& out) { items_.changed(x, out); }
  void on_event(reasoning_text_delta& x, effects& out) { items_.changed(x, out); }
  void on_event(reasoning_part_added& x, effects& out) { items_.changed(x, out); }
  void on_event(server_reasoning_included& x, effects& out);
  void on_event(rate_limits_seen& x, effects& out);
  void on_event(models_etag_seen& x, effects& out);
  void on_event(turn_state_seen& x, effects& out);
  void on_event(response_completed& x, effects& out);
  void on_event(websocket_refused& x, effects& out);

  void run_tools(const tool_calls::list& ready, effects& out);
  void write_outcomes(effects& out);
  void record_outputs(effects& out);
  void abandon_calls(effects& out);
  void record_unanswered_input(effects& out);
  void when_tools_are_done(effects& out);

  void on_failure(const model_error& x, effects& out);
  void retry_or_fail(const model_error& x, effects& out);
  void fall_back_to_http(const model_error& x, effects& out);
  void replace_images_or_fail(effects& out);
  void fail(turn_error error, effects& out);
  void finish(effects& out);
  void finish_abort(effects& out);

  session_core& core_;
  std::string id_;
  turn_kind kind_;
  user_input input_;
  std::string metadata_json_;
  shared_value<tool_context> context_;
  shared_text turn_context_line_;
  phase phase_ = phase::describing;
  std::optional<abort_reason> aborted_;

  // The current request: its attempts share the prompt.
  std::vector<shared_text> prompt_;
  std::vector<std::string> prompt_ids_; ///< for providers that want them
  std::size_t requests_ = 0;
  model_attempts attempts_;
  streamed_items items_;

  std::optional<compaction> compaction_;
  std::size_t compactions_ = 0;

  tool_calls calls_;
  stream_number calls_stream_ = 0; ///< of the attempt that made `calls_`
  bool processes_left_ = false;    ///< a tool ran: processes of this turn may still be there

  std::deque<user_input> pending_;
  std::optional<std::string> last_message_;
};

} // namespace troupe::codex_thread
