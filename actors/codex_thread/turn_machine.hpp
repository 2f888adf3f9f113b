#pragma once

#include "actors/codex_thread/session_core.hpp"
#include "actors/codex_thread/tool_gate.hpp"
#include "messages/op.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::codex_thread {

/// One turn: user input, model requests and tool calls in turns until the model stops (contract
/// threads.md 10 and 11). Pure: everything it wants done goes into `effects`; what happens comes in
/// through the `on_` functions. It ends exactly once, with `task_complete` or `turn_aborted`, and
/// never before its lines are acknowledged.
class turn_machine {
public:
  /// Input taken during a turn waits for the next model request; more than this is refused.
  static constexpr std::size_t max_pending_inputs = 64;
  /// A turn that keeps calling tools is stopped here: no provider is asked for ever.
  static constexpr std::size_t max_requests = 10'000;
  /// The longest delay a provider may ask for before a retry.
  static constexpr std::chrono::milliseconds max_requested_delay = std::chrono::hours{1};
  /// Credit of a stream in messages; granted anew when half of it is used.
  static constexpr std::uint32_t stream_window = 16;

  turn_machine(session_core& core, std::string id, user_input input);

  /// First step: task started, input recorded, first request.
  void begin(effects& out);

  /// More input for the running turn; false when it is full.
  bool steer(user_input input);

  /// Appends effects for what one read of the stream brought. Events of other streams are ignored.
  void on_model_events(model_events& x, effects& out);
  void on_stream_ended(const stream_ended& x, effects& out);
  /// `stream` is the one whose response made the call; a result of an abandoned attempt is ignored.
  void on_tool_result(stream_number stream, const tool_result& x, effects& out);

  /// The lines written so far are safe, or `failure` says why they are not.
  void on_flushed(const std::string& failure, effects& out);

  /// Stops the turn: stream and tools end, then the turn is reported as aborted.
  void interrupt(effects& out);

  /// The request could not even be handed to the model client.
  void on_open_failed(const model_error& x, effects& out);

  /// Grants of stream credit due after `on_model_events`; zero most of the time.
  std::uint32_t take_credit_due();

  bool is_over() const { return phase_ == phase::over; }
  bool takes_input() const {
    return phase_ == phase::sampling || phase_ == phase::retrying || phase_ == phase::running_tools;
  }
  wait_kind waits_for() const;
  const std::string& id() const { return id_; }
  stream_number stream() const { return stream_; }
  stream_number calls_stream() const { return calls_stream_; }

private:
  enum class phase : std::uint8_t { sampling, retrying, running_tools, aborting, flushing, over };

  struct call_slot {
    response_item call;
    std::optional<tool_result> result;
    tool_overlap overlap = tool_overlap::exclusive;
    bool running = false;
  };

  void next_request(effects& out);
  void start_attempt(std::chrono::milliseconds delay, effects& out);
  void on_event(stream_created&, effects&) {}
  void on_event(output_item_added& x, effects& out);
  void on_event(output_item_done& x, effects& out);
  void on_event(output_text_delta& x, effects& out);
  void on_event(reasoning_summary_delta& x, effects& out);
  void on_event(reasoning_text_delta& x, effects& out);
  void on_event(reasoning_part_added& x, effects& out);
  void on_event(server_reasoning_included&, effects&) {}
  void on_event(rate_limits_seen& x, effects& out);
  void on_event(models_etag_seen&, effects&) {}
  void on_event(turn_state_seen& x, effects& out);
  void on_event(response_completed& x, effects& out);
  void on_event(websocket_refused&, effects&) {}
  void on_tool_call(const response_item& item, effects& out);
  void start_tools(const std::vector<std::size_t>& ready, effects& out);
  void record_outputs(effects& out);
  void when_tools_are_done(effects& out);
  void record_user_input(const user_input& input, effects& out);
  void retry_or_fail(const model_error& x, effects& out);
  void fail(turn_error error, effects& out);
  void finish(effects& out);
  void finish_abort(effects& out);
  void emit_tokens(effects& out);
  bool all_tools_done() const;

  session_core& core_;
  std::string id_;
  user_input input_;
  shared_value<tool_context> context_;
  shared_text turn_context_line_;
  phase phase_ = phase::sampling;
  bool aborted_ = false;

  // The current request: attempts share the prompt and the turn state.
  std::vector<shared_text> prompt_;
  std::string turn_state_;
  std::size_t requests_ = 0;
  std::uint32_t retries_ = 0;
  stream_number stream_ = 0;       ///< of the current attempt; 0: none is open
  stream_number calls_stream_ = 0; ///< of the attempt that made `calls_`
  std::uint32_t used_credit_ = 0;

  // The item being streamed, if any.
  bool item_active_ = false;
  std::string active_item_;

  std::vector<call_slot> calls_;
  tool_gate<std::size_t> gate_;
  bool processes_left_ = false; ///< a tool ran: processes of this turn may still be there

  std::deque<user_input> pending_;
  std::optional<std::string> last_message_;
};

} // namespace troupe::codex_thread
