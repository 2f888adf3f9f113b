#pragma once

#include "messages/shared_text.hpp"
#include "messages/wire_enum.hpp"

#include <cstdint>
#include <string>

namespace troupe {

/// The type of a response item (contract rollouts.md 4).
enum class item_kind : std::uint8_t {
  message,
  reasoning,
  local_shell_call,
  function_call,
  function_call_output,
  custom_tool_call,
  custom_tool_call_output,
  web_search_call,
  ghost_snapshot,
  compaction,
  other
};
template <>
struct enum_texts<item_kind> {
  static constexpr std::array<std::string_view, 11> values{"message",
                                                           "reasoning",
                                                           "local_shell_call",
                                                           "function_call",
                                                           "function_call_output",
                                                           "custom_tool_call",
                                                           "custom_tool_call_output",
                                                           "web_search_call",
                                                           "ghost_snapshot",
                                                           "compaction",
                                                           "other"};
};

/// One element of a thread's history. `json` is the item exactly as it is sent to a provider and
/// written to a rollout: compact, without ids. It is serialised once, where the item is made, and
/// never again; the other fields are what the turn machine needs of it.
struct response_item {
  item_kind kind = item_kind::other;
  shared_text json;
  std::string id;      ///< the model's id of the item; shown in events, never sent or recorded
  std::string role;    ///< of messages
  std::string call_id; ///< of calls and outputs
  std::string name;    ///< of function and custom calls
  bool operator==(const response_item&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, response_item& x) {
  return f.object(x).fields(f.field("kind", x.kind), f.field("json", x.json), f.field("id", x.id),
                            f.field("role", x.role), f.field("call_id", x.call_id),
                            f.field("name", x.name));
}

inline bool is_tool_call(const response_item& x) {
  return x.kind == item_kind::function_call || x.kind == item_kind::custom_tool_call ||
         x.kind == item_kind::local_shell_call;
}

inline bool is_tool_output(const response_item& x) {
  return x.kind == item_kind::function_call_output || x.kind == item_kind::custom_tool_call_output;
}

} // namespace troupe
