#pragma once

#include <array>
#include <cstddef>
#include <string_view>

/// The kinds of stream events that metrics tell apart. The kind is a provider's text: as a label
/// without a bound it would let a server grow the registry for ever, so kinds that are not in the
/// table count as `other`.
namespace troupe::telemetry {

/// Sorted. What the Responses API sends, what WebSockets add to it, and the observer's own words:
/// `message` for events without a name, `parse_error`, `unknown` (contract responses-client.md 13).
inline constexpr auto event_kinds = std::to_array<std::string_view>({
  "codex.rate_limits",
  "error",
  "keepalive",
  "message",
  "parse_error",
  "response.code_interpreter_call.completed",
  "response.code_interpreter_call.in_progress",
  "response.code_interpreter_call.interpreting",
  "response.code_interpreter_call_code.delta",
  "response.code_interpreter_call_code.done",
  "response.completed",
  "response.content_part.added",
  "response.content_part.done",
  "response.created",
  "response.custom_tool_call_input.delta",
  "response.custom_tool_call_input.done",
  "response.done",
  "response.failed",
  "response.file_search_call.completed",
  "response.file_search_call.in_progress",
  "response.file_search_call.searching",
  "response.function_call_arguments.delta",
  "response.function_call_arguments.done",
  "response.image_generation_call.completed",
  "response.image_generation_call.generating",
  "response.image_generation_call.in_progress",
  "response.image_generation_call.partial_image",
  "response.in_progress",
  "response.incomplete",
  "response.mcp_call.completed",
  "response.mcp_call.failed",
  "response.mcp_call.in_progress",
  "response.mcp_call_arguments.delta",
  "response.mcp_call_arguments.done",
  "response.mcp_list_tools.completed",
  "response.mcp_list_tools.failed",
  "response.mcp_list_tools.in_progress",
  "response.output_item.added",
  "response.output_item.done",
  "response.output_text.annotation.added",
  "response.output_text.delta",
  "response.output_text.done",
  "response.queued",
  "response.reasoning_summary_part.added",
  "response.reasoning_summary_part.done",
  "response.reasoning_summary_text.delta",
  "response.reasoning_summary_text.done",
  "response.reasoning_text.delta",
  "response.reasoning_text.done",
  "response.refusal.delta",
  "response.refusal.done",
  "response.web_search_call.completed",
  "response.web_search_call.in_progress",
  "response.web_search_call.searching",
  "responsesapi.websocket_timing",
  "unknown",
});

/// One more than the table: the last index stands for all others.
inline constexpr std::size_t event_kind_count = event_kinds.size() + 1;

/// The place of `kind` in the table, or the last index.
std::size_t event_kind_index(std::string_view kind);

/// The label of that index, at most `event_kind_count - 1`.
std::string_view event_kind_name(std::size_t index);

} // namespace troupe::telemetry
