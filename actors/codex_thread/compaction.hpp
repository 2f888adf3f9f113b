#pragma once

#include "actors/codex_thread/history.hpp"
#include "actors/codex_thread/model_attempts.hpp"
#include "actors/codex_thread/session_core.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace troupe::codex_thread {

/// On whose behalf a history is compacted.
struct compaction_cause {
  std::string turn;       ///< the events are its events
  std::string connection; ///< of the requests; not the turn's own
  std::string turn_metadata;
  shared_text turn_context_line;
};

enum class compaction_state : std::uint8_t { running, completed, failed };

/// Replaces a thread's history by a shorter one, once: by a summary that the model writes, or
/// remotely, where the provider has a call for it (contract responses-client.md 11). Until it has
/// completed the history is what it was. When it has failed, the error has been told; what is to
/// follow is for the turn to decide. Pure.
class compaction {
public:
  compaction(session_core& core, compaction_cause cause);
  compaction(const compaction&) = delete; // its attempts and its source work on the core
  compaction& operator=(const compaction&) = delete;

  void begin(effects& out);

  void on_model_events(model_events& x, effects& out);
  void on_stream_ended(const stream_ended& x, effects& out);
  void on_open_failed(const model_error& x, effects& out);

  /// The answer to `effects::compact`; one with another number is ignored.
  void on_compacted(stream_number number, compacted_history& x, effects& out);

  /// Gives it up: nothing of it is kept, nothing is told.
  void abandon(effects& out);

  compaction_state state() const { return state_; }
  wait_kind waits_for() const { return delayed_ ? wait_kind::retry_delay : wait_kind::model; }
  stream_number stream() const { return attempts_.stream(); }
  std::uint32_t take_credit_due() { return attempts_.take_credit_due(); }

private:
  void attempt(std::chrono::milliseconds delay, effects& out);
  void ask_provider(effects& out);
  void take(model_event& x, effects& out);
  void retry_or_fail(const model_error& x, effects& out);
  void summarised(effects& out);
  void compacted(std::vector<response_item> output, effects& out);
  void replace_history(const std::vector<response_item>& items, effects& out);
  void complete(effects& out);
  void fail(turn_error error, effects& out);

  session_core& core_;
  compaction_cause cause_;
  std::string item_id_;
  model_attempts attempts_;
  compaction_state state_ = compaction_state::running;
  bool delayed_ = false;

  history source_;                    ///< what is still summarised
  std::size_t dropped_ = 0;           ///< items left out of it
  std::vector<response_item> output_; ///< of the current attempt
  stream_number call_ = 0;            ///< of the remote call; 0: none
};

} // namespace troupe::codex_thread
