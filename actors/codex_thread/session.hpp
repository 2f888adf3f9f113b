#pragma once

#include "actors/codex_thread/history_rebuild.hpp"
#include "actors/codex_thread/receipts.hpp"
#include "actors/codex_thread/session_core.hpp"
#include "actors/codex_thread/turn_machine.hpp"
#include "messages/errors.hpp"
#include "messages/thread_info.hpp"

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace troupe::codex_thread {

/// The logic of one thread from start to shutdown: settings, inbox, and at most one turn at a time.
/// Pure: what it wants done is appended to `effects`; answers come in through the `on_` functions.
/// Not thread-safe.
class session {
public:
  /// Submissions that wait for a model switch or for the end of a turn; more are refused (contract
  /// threads.md 3).
  static constexpr std::size_t max_queued_submissions = 64;

  /// Tools to offer with a model under these settings, as a JSON array.
  using tool_list = std::function<shared_text(const model_info&, const thread_config&)>;

  session(thread_config config, tool_list tools, std::string tmpdir);
  session(const session&) = delete; // a running turn works on this object
  session& operator=(const session&) = delete;

  /// What is asked of the models manager about the configured model.
  get_model_info model_question() const;

  /// First line of this thread's rollout; valid after `set_model`.
  session_meta meta() const;

  void set_id(const thread_id& id);
  void set_model(model_facts facts);

  /// A new thread: its context is recorded at once. Ends with flush_goal::session_start.
  void start_new(std::string rollout_path, effects& out);

  /// A stored thread: nothing is written until its first turn.
  void start_resumed(const rollout_history& stored, effects& out);

  /// The event that a client gets first, and what else it should know.
  thread_started started() const;

  /// Takes one entry of the inbox, or refuses it and changes nothing. A receipt names the turn that
  /// the entry starts or joins; what was accepted is carried out or recorded, also when its turn is
  /// interrupted or the thread shut down. An id that was accepted before gets its first receipt
  /// again (`receipts`). Errors: `queue_full`, `shutting_down`, and `invalid_request` for an id
  /// that is one of the thread's own numbers and for an op that is unknown.
  std::variant<submitted, errc> submit(submission x, effects& out);

  /// The answer to `effects::fetch_model`: what is known of the model now.
  void on_model_facts(model_facts facts, effects& out);

  /// The models manager could not answer. The turn goes on with what was known of its model, and
  /// fails when that is another one.
  void on_model_failed(const std::string& reason, effects& out);

  /// The answer to `effects::describe`.
  void on_workspace(workspace_described& x, effects& out);

  /// The answer to `effects::compact` under its number.
  void on_compacted(stream_number number, compacted_history& x, effects& out);
  void on_model_events(model_events& x, effects& out);
  void on_stream_ended(const stream_ended& x, effects& out);
  void on_open_failed(const model_error& x, effects& out);
  void on_tool_result(stream_number stream, const tool_result& x, effects& out);
  void on_tool_progress(tool_progress& x, effects& out);
  void on_flushed(flush_goal goal, const std::string& failure, effects& out);

  /// The next turn's requests go to another provider; a running turn stays where it began.
  void on_provider(thread_provider x, effects& out);

  /// Ends the thread: an open turn is interrupted first.
  void shut_down(effects& out);

  std::uint32_t take_credit_due() { return turn_ ? turn_->take_credit_due() : 0; }
  /// The model stream that is open; 0: none.
  stream_number stream() const { return turn_ ? turn_->stream() : 0; }
  /// The stream whose tool calls run.
  stream_number calls_stream() const { return turn_ ? turn_->calls_stream() : 0; }
  const thread_id& id() const { return core_.id; }
  /// Empty: there is none.
  const std::string& rollout_path() const { return core_.rollout_path; }
  thread_summary summary() const;

private:
  /// What the model was told of the settings last.
  struct told_settings {
    std::string cwd;
    troupe::sandbox_policy sandbox;
    troupe::approval_policy approval = approval_policy::never;
    mode_kind mode = mode_kind::default_mode;
    shared_text mode_instructions;
    std::string model;
    std::optional<troupe::personality> personality;
  };

  /// The model of the turn that is about to begin: asked for once per turn.
  enum class model_question_state : std::uint8_t { none, asked, answered };

  /// An entry of the inbox that is not carried out yet.
  struct waiting_submission {
    submission x;
    std::string turn; ///< that it starts or joins
  };

  std::optional<errc> refusal_of(const submission& x) const;
  std::string joined_turn(const op& x) const;
  void accept(submission x, std::string turn, effects& out);
  thread_config& next_settings();
  void adopt_next_settings();
  void apply(const override_turn_context& x);
  void interrupt_next_turn();
  void hand_over_joined();
  void record_waiting(effects& out);
  void proceed(effects& out);
  void process(waiting_submission& x, effects& out);
  void process_input(waiting_submission& x, effects& out);
  void process_compaction(waiting_submission& x, effects& out);
  bool knows_model(waiting_submission& x, effects& out);
  void use_provider(effects& out);
  void start_turn(std::string id, turn_kind kind, user_input input, effects& out);
  void describe_for_connection(effects& out);
  void prepare_connection_with(std::string metadata_json, effects& out);
  void seed(const std::string& turn, effects& out);
  void tell_settings(const std::string& turn, effects& out);
  void remember_settings();
  void after_turn_step(effects& out);
  void finish_shutdown(effects& out);

  session_core core_;
  tool_list tools_;
  std::optional<tool_access> tools_for_; ///< whom the current tools were made for
  std::unique_ptr<turn_machine> turn_;
  std::deque<waiting_submission> queue_;
  receipts receipts_;
  told_settings told_;
  std::string previous_model_; ///< of a resumed thread, until its first turn
  std::vector<shared_text> initial_messages_;
  std::optional<thread_id> forked_from_;
  std::vector<std::string> warnings_;
  std::uint64_t turns_ = 0;
  thread_state state_ = thread_state::starting;
  bool seeded_ = false;
  model_question_state model_question_ = model_question_state::none;
  std::string stopped_turn_; ///< the next turn, interrupted while its model was asked for
  std::unique_ptr<thread_config> next_settings_; ///< changed during a turn
  std::optional<thread_provider> next_provider_;
  bool uses_websocket_ = false; ///< from the start; connections may be kept until the end
  bool preparing_ = false;      ///< one is to be made before the first turn
  std::chrono::system_clock::time_point state_since_ = std::chrono::system_clock::now();
};

} // namespace troupe::codex_thread
