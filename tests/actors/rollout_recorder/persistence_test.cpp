#define CAF_SUITE persistence
#include <caf/test/bdd_dsl.hpp>

#include "actors/rollout_recorder/persistence.hpp"

#include "tests/actors/rollout_recorder/rollout_samples.hpp"

using namespace troupe;
using namespace troupe::rollout_recorder;

namespace {

rollout_line event_of(std::string_view type) {
  return test::line(line_kind::event, fmt::format(R"({{"type":"{}"}})", type));
}

rollout_line item_of(std::string_view type) {
  return test::line(line_kind::item, fmt::format(R"({{"type":"{}"}})", type));
}

} // namespace

SCENARIO("session_meta, turn_context and compacted lines always belong into a rollout") {
  for (const auto kind : {line_kind::meta, line_kind::context, line_kind::compacted})
    CHECK(is_persisted(test::line(kind, "{}")));
}

SCENARIO("items of every known type belong into a rollout, others do not") {
  for (const auto* type : {"message", "reasoning", "local_shell_call", "function_call",
                           "function_call_output", "custom_tool_call", "custom_tool_call_output",
                           "web_search_call", "ghost_snapshot", "compaction", "compaction_summary"})
    CHECK(is_persisted(item_of(type)));
  for (const auto* type : {"other", "image_generation_call", ""})
    CHECK(!is_persisted(item_of(type)));
}

SCENARIO("only the events that a resumed thread needs belong into a rollout") {
  for (const auto* type :
       {"user_message", "agent_message", "agent_reasoning", "agent_reasoning_raw_content",
        "token_count", "context_compacted", "entered_review_mode", "exited_review_mode",
        "thread_rolled_back", "undo_completed", "turn_aborted"})
    CHECK(is_persisted(event_of(type)));
  for (const auto* type :
       {"task_started", "task_complete", "error", "warning", "agent_message_delta",
        "exec_command_begin", "exec_command_end", "patch_apply_begin", "session_configured",
        "exec_approval_request", "mcp_tool_call_end", "undo_started", "item_started", "",
        "no_such_event"})
    CHECK(!is_persisted(event_of(type)));
}

SCENARIO("a completed item is recorded only if it is a plan") {
  const auto completed = [](std::string_view type) {
    return test::line(line_kind::event,
                      fmt::format(R"({{"type":"item_completed","item":{{"type":"{}"}}}})", type));
  };
  CHECK(is_persisted(completed("Plan")));
  CHECK(!is_persisted(completed("AgentMessage")));
  CHECK(!is_persisted(event_of("item_completed")));
}

SCENARIO("the place of the type does not matter") {
  CHECK(is_persisted(
    test::line(line_kind::event, R"({"message":"\"type\":\"error\"","type":"agent_message"})")));
  CHECK(!is_persisted(test::line(line_kind::event, "not json")));
}

SCENARIO("aliases are known events") {
  for (const auto* type : {"task_started", "turn_started", "turn_complete", "user_message"})
    CHECK(is_known_event(type));
  CHECK(!is_known_event("no_such_event"));
  CHECK(!is_known_event(""));
}
