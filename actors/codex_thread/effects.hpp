#pragma once

#include "messages/event.hpp"
#include "messages/model_calls.hpp"
#include "messages/model_stream.hpp"
#include "messages/models.hpp"
#include "messages/rollout.hpp"
#include "messages/tool.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace troupe::codex_thread {

/// An event on its way out; `turn` is empty for events of the session itself.
struct outgoing {
  std::string turn;
  event_msg msg;
  /// Nobody hears of it before the lines written up to this step, this one's included, are safe.
  bool after_lines = false;
};

/// What the working directory is, for the header of the requests of `turn` (empty: of the session).
struct workspace_question {
  std::string turn;
  std::string cwd;
};

/// A remote compaction, and the number that tells whether its answer is still wanted.
struct compaction_call {
  stream_number number = 0;
  compact_history request;
};

/// What the acknowledgement of the lines written so far is waited for.
enum class flush_goal : std::uint8_t { none, session_start, turn_end, shutdown };

/// Everything a step of a thread's logic wants done. The logic appends, the actor carries out:
/// events to the subscribers, lines to the recorder, calls to model client and tool runner.
struct effects {
  std::vector<outgoing> events;
  std::vector<rollout_line> lines;
  std::optional<workspace_question> describe; ///< answer with session::on_workspace
  std::optional<open_stream> open;
  bool cancel_stream = false;
  std::optional<compaction_call> compact; ///< answer with session::on_compacted
  std::optional<prepare_connection> prepare;
  std::vector<close_connection> closed_connections;
  std::vector<run_tool> tools;
  bool cancel_tools = false;                 ///< end all calls and processes of this thread
  std::optional<get_model_info> fetch_model; ///< answer with session::on_model_facts
  std::optional<refresh_if_new_etag> models_etag;
  flush_goal flush = flush_goal::none; ///< answer with session::on_flushed
  bool ended = false;                  ///< the thread is done; the actor quits

  void emit(std::string turn, event_msg msg) {
    events.push_back({std::move(turn), std::move(msg)});
  }
  void emit_when_written(std::string turn, event_msg msg) {
    events.push_back({std::move(turn), std::move(msg), true});
  }
  void write(line_kind kind, shared_text payload) { lines.push_back({kind, std::move(payload)}); }
  void write(line_kind kind, std::string payload) { write(kind, shared_text{std::move(payload)}); }
};

} // namespace troupe::codex_thread
