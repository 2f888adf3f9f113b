#pragma once

#include "messages/event.hpp"

#include <string>
#include <vector>

/// Events as a thread sends them, in one short line each.
namespace troupe::exec_events {

inline event_msg said(std::string text) {
  return item_completed{agent_message_item{"msg_1", std::move(text), ""}};
}

inline event_msg thought(std::vector<std::string> parts) {
  return item_completed{reasoning_item{"rs_1", std::move(parts), {}}};
}

inline event_msg used(std::int64_t input, std::int64_t cached, std::int64_t output,
                      std::int64_t reasoning) {
  const token_usage total{input, cached, output, reasoning, input + output};
  return token_count{token_usage_info{total, total, std::nullopt}, std::nullopt};
}

inline exec_command_begin command(std::string call, std::string script) {
  exec_command_begin out;
  out.call_id = std::move(call);
  out.command = {"/bin/bash", "-lc", std::move(script)};
  out.cwd = "/WS";
  return out;
}

inline exec_command_end ended(exec_command_begin begin, int exit_code, std::string output) {
  exec_command_end out;
  out.begin = std::move(begin);
  out.exit_code = exit_code;
  out.aggregated_output = std::move(output);
  out.duration = std::chrono::milliseconds{12};
  return out;
}

inline file_changes change(change_kind kind, std::string text = "") {
  return {{"/WS/hello.txt", file_change{kind, std::move(text), ""}}};
}

inline event_msg patch_begun(std::string call, file_changes changes) {
  return patch_apply_begin{std::move(call), true, std::move(changes)};
}

inline patch_apply_end patch_ended(std::string call, file_changes changes) {
  patch_apply_end out;
  out.call_id = std::move(call);
  out.success = true;
  out.changes = std::move(changes);
  return out;
}

inline event_msg plan(step_status first) {
  return plan_update{std::nullopt, {{"step 0", first}, {"step 1", step_status::pending}}};
}

inline event_msg failed(std::string message) {
  return turn_error{std::move(message), error_class::other, std::nullopt};
}

inline event_msg reconnecting(std::string details) {
  return stream_error{"Reconnecting... 1/1", std::nullopt, std::move(details)};
}

} // namespace troupe::exec_events
