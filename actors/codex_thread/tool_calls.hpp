#pragma once

#include "actors/codex_thread/tool_gate.hpp"
#include "messages/event.hpp"
#include "messages/item.hpp"
#include "messages/tool.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::codex_thread {

/// The tool calls of one response, in the order the model made them: which may run now, what they
/// answered, and the items that follow from it (contract threads.md 11.2). Pure.
class tool_calls {
public:
  using list = std::vector<response_item>;

  /// One more call. Returns the calls that may start now.
  list add(const response_item& call);

  /// The answer of a running call. Returns the calls that may start now; none when no such call
  /// runs.
  std::optional<list> answer(const tool_result& x);

  /// Where a running call stands by now.
  void stage(const std::string& call_id, call_stage stage,
             std::chrono::system_clock::time_point now);

  /// Since when the first of the running calls waits for a place, when none of them has one.
  std::optional<std::chrono::system_clock::time_point> waits_for_place_since() const;

  /// Calls that have not started never will: each is answered with `output`.
  void answer_waiting(std::string_view output);

  /// Keeps what tells the outcome of a running call until that is written: the end of a command or
  /// a patch, that of a process which the call reads from, and the diff that follows a patch.
  /// False, and `msg` untouched: it is of no such call.
  bool keep(event_msg& msg);

  /// What is to be written of outcomes that are new since the last call, and what may be told once
  /// it is. In the order of the answers, as far as the calls allow.
  struct outcomes {
    list items; ///< notes and outputs
    std::vector<event_msg> events;
  };
  outcomes take_outcomes();

  /// What the model gets to read: notes and outputs in the order of the calls, of those that have
  /// been answered. The calls are forgotten; what was kept of running ones is appended to `kept`.
  list take_outputs(std::vector<event_msg>& kept);

  bool empty() const { return slots_.empty(); }
  bool any_running() const;
  bool all_answered() const;

private:
  struct slot {
    response_item call;
    std::optional<list> outputs; ///< notes, then the output; none: not answered
    std::vector<event_msg> kept;
    tool_overlap overlap = tool_overlap::exclusive;
    bool running = false;
    std::optional<std::chrono::system_clock::time_point> waits_for_place;
    bool is_new = false; ///< answered, and not taken by `take_outcomes`
  };

  list start(const std::vector<std::size_t>& ready);
  static void settle(slot& x, const tool_result& result);

  std::vector<slot> slots_;
  tool_gate<std::size_t> gate_;
};

/// The form in which the tool runner gets a call.
tool_payload payload_of(const response_item& call);

} // namespace troupe::codex_thread
