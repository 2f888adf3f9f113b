#include "actors/rollout_recorder/persistence.hpp"

#include "actors/rollout_recorder/json_probe.hpp"
#include "messages/item.hpp"

#include <algorithm>
#include <array>

namespace troupe::rollout_recorder {

namespace {

// clang-format off
constexpr auto known_events = std::to_array<std::string_view>({
  "agent_message", "agent_message_content_delta", "agent_message_delta", "agent_reasoning",
  "agent_reasoning_delta", "agent_reasoning_raw_content", "agent_reasoning_raw_content_delta",
  "agent_reasoning_section_break", "apply_patch_approval_request", "background_event",
  "collab_agent_interaction_begin", "collab_agent_interaction_end", "collab_agent_spawn_begin",
  "collab_agent_spawn_end", "collab_close_begin", "collab_close_end", "collab_resume_begin",
  "collab_resume_end", "collab_waiting_begin", "collab_waiting_end", "context_compacted",
  "deprecation_notice", "dynamic_tool_call_request", "elicitation_request", "entered_review_mode",
  "error", "exec_approval_request", "exec_command_begin", "exec_command_end",
  "exec_command_output_delta", "exited_review_mode", "get_history_entry_response", "item_completed",
  "item_started", "list_custom_prompts_response", "list_remote_skills_response",
  "list_skills_response", "mcp_list_tools_response", "mcp_startup_complete", "mcp_startup_update",
  "mcp_tool_call_begin", "mcp_tool_call_end", "patch_apply_begin", "patch_apply_end", "plan_delta",
  "plan_update", "raw_response_item", "reasoning_content_delta", "reasoning_raw_content_delta",
  "remote_skill_downloaded", "request_user_input", "session_configured", "shutdown_complete",
  "skills_update_available", "stream_error", "task_complete", "task_started",
  "terminal_interaction", "thread_name_updated", "thread_rolled_back", "token_count",
  "turn_aborted", "turn_complete", "turn_diff", "turn_started", "undo_completed", "undo_started",
  "user_message", "view_image_tool_call", "warning", "web_search_begin", "web_search_end"});
static_assert(std::is_sorted(known_events.begin(), known_events.end()));

constexpr auto persisted_events = std::to_array<std::string_view>({
  "agent_message", "agent_reasoning", "agent_reasoning_raw_content", "context_compacted",
  "entered_review_mode", "exited_review_mode", "thread_rolled_back", "token_count", "turn_aborted",
  "undo_completed", "user_message"});
static_assert(std::is_sorted(persisted_events.begin(), persisted_events.end()));
// clang-format on

std::string_view member_value(std::string_view object, std::string_view name) {
  member_scanner scanner{object};
  while (const auto member = scanner.next())
    if (member->name == name)
      return member->value;
  return {};
}

// The writers of this program put "type" first, so the scan ends with its first step.
std::string_view type_of(std::string_view object) {
  return plain_string(member_value(object, "type")).value_or(std::string_view{});
}

bool is_persisted_item(std::string_view json) {
  const auto type = type_of(json);
  if (type == "compaction_summary") // alias of compaction
    return true;
  const auto kind = parse_enum<item_kind>(type);
  return kind && *kind != item_kind::other;
}

bool is_persisted_event(std::string_view json) {
  const auto type = type_of(json);
  if (std::binary_search(persisted_events.begin(), persisted_events.end(), type))
    return true;
  return type == "item_completed" && type_of(member_value(json, "item")) == "Plan";
}

} // namespace

bool is_known_event(std::string_view type) {
  return std::binary_search(known_events.begin(), known_events.end(), type);
}

bool is_persisted(const rollout_line& line) {
  switch (line.kind) {
  case line_kind::meta:
  case line_kind::compacted:
  case line_kind::context: return true;
  case line_kind::item: return is_persisted_item(line.payload_json.view());
  case line_kind::event: return is_persisted_event(line.payload_json.view());
  }
  return false;
}

} // namespace troupe::rollout_recorder
