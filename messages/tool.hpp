#pragma once

#include "messages/collaboration_mode.hpp"
#include "messages/event.hpp"
#include "messages/ids.hpp"
#include "messages/model_info.hpp"
#include "messages/root_identity.hpp"
#include "messages/settings.hpp"
#include "messages/shared_text.hpp"

#include <cstdint>
#include <string>
#include <vector>

/// Tool calls between a thread and the tool runner (contract tools.md 1).
namespace troupe {

/// What the tools of one turn run with; made once per turn.
struct tool_context {
  std::string cwd;
  troupe::approval_policy approval_policy = approval_policy::never;
  troupe::sandbox_policy sandbox_policy;
  shared_value<std::vector<root_identity>> roots; ///< what they were when the thread began
  shell_environment_policy environment;
  troupe::truncation_policy truncation;
  tool_access access = tool_access::full;
  mode_kind mode = mode_kind::default_mode;
  bool operator==(const tool_context&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, tool_context& x) {
  return f.object(x).fields(f.field("cwd", x.cwd), f.field("approval_policy", x.approval_policy),
                            f.field("sandbox_policy", x.sandbox_policy), f.field("roots", x.roots),
                            f.field("environment", x.environment),
                            f.field("truncation", x.truncation), f.field("access", x.access),
                            f.field("mode", x.mode));
}

enum class tool_payload : std::uint8_t { function, custom, local_shell };
template <>
struct enum_texts<tool_payload> {
  static constexpr std::array<std::string_view, 3> values{"function", "custom", "local_shell"};
};

/// Request to the tool runner; the answer is one `tool_result`. Meanwhile `tool_progress` goes to
/// `thread`.
struct run_tool {
  thread_id thread;
  std::string turn;
  std::string call_id;
  tool_payload payload = tool_payload::function;
  std::string name;
  std::string
    arguments; ///< JSON arguments (function), input text (custom), action as JSON (local shell)
  shared_value<tool_context> context;
  bool operator==(const run_tool&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, run_tool& x) {
  return f.object(x).fields(f.field("thread", x.thread), f.field("turn", x.turn),
                            f.field("call_id", x.call_id), f.field("payload", x.payload),
                            f.field("name", x.name), f.field("arguments", x.arguments),
                            f.field("context", x.context));
}

struct tool_result {
  std::string call_id;
  std::string output; ///< what the model gets to read
  bool success = true;
  std::vector<std::string>
    notes; ///< user-role messages to record before the output (contract tools.md 5.6)
  bool operator==(const tool_result&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, tool_result& x) {
  return f.object(x).fields(f.field("call_id", x.call_id), f.field("output", x.output),
                            f.field("success", x.success), f.field("notes", x.notes));
}

/// Where a call stands that the tool runner has been given.
enum class call_stage : std::uint8_t {
  unchanged,
  waits_for_place, ///< as many commands run as may run at once
  has_place,
};
template <>
struct enum_texts<call_stage> {
  static constexpr std::array<std::string_view, 3> values{"unchanged", "waits_for_place",
                                                          "has_place"};
};

/// One-way to the thread: something to tell the subscribers about a running call, or where it
/// stands.
struct tool_progress {
  std::string turn;
  std::vector<event_msg> events;
  std::string call_id; ///< of `stage`
  call_stage stage = call_stage::unchanged;
  bool operator==(const tool_progress&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, tool_progress& x) {
  return f.object(x).fields(f.field("turn", x.turn), f.field("events", x.events),
                            f.field("call_id", x.call_id), f.field("stage", x.stage));
}

/// Ends one call of a thread (its request is answered with the abort text), or with an empty call
/// id every call and every process that is left of the thread.
struct cancel_tools {
  thread_id thread;
  std::string call_id;
  bool operator==(const cancel_tools&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, cancel_tools& x) {
  return f.object(x).fields(f.field("thread", x.thread), f.field("call_id", x.call_id));
}

} // namespace troupe
