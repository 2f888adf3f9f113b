#include "apps/exec/jsonl_items.hpp"

#include "actors/tool_runner/shell_words.hpp"
#include "config/text_file.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

namespace troupe::exec {

namespace json = boost::json;

namespace {

std::string_view to_text(item_progress x) {
  switch (x) {
  case item_progress::in_progress: return "in_progress";
  case item_progress::completed: return "completed";
  case item_progress::failed: return "failed";
  }
  return {};
}

json::object command_json(std::string_view id, const exec_command_begin& x, std::string_view output,
                          json::value exit_code, item_progress progress) {
  return {{"id", id},
          {"type", "command_execution"},
          {"command", tool_runner::shell_joined(x.command)},
          {"aggregated_output", output},
          {"exit_code", std::move(exit_code)},
          {"status", to_text(progress)}};
}

json::value action_json(const web_search_item& x) {
  json::error_code error;
  auto action = json::parse(x.action_json.view(), error);
  return error ? json::object{{"type", "other"}} : action;
}

} // namespace

json::object agent_message_json(std::string_view id, const agent_message_item& x) {
  return {{"id", id}, {"type", "agent_message"}, {"text", x.text}};
}

std::optional<json::object> reasoning_json(std::string_view id, const reasoning_item& x) {
  std::string text;
  for (const auto& part : x.summary_text) {
    if (!text.empty())
      text += '\n';
    text += part;
  }
  if (config::trimmed(text).empty())
    return std::nullopt;
  return json::object{{"id", id}, {"type", "reasoning"}, {"text", text}};
}

json::object web_search_json(std::string_view id, const web_search_item& x) {
  return {{"id", x.id.empty() ? id : std::string_view{x.id}},
          {"type", "web_search"},
          {"query", x.query},
          {"action", action_json(x)}};
}

json::object command_started_json(std::string_view id, const exec_command_begin& x) {
  return command_json(id, x, "", nullptr, item_progress::in_progress);
}

json::object command_ended_json(std::string_view id, const exec_command_end& x) {
  return command_json(id, x.begin, x.aggregated_output, x.exit_code,
                      x.exit_code == 0 ? item_progress::completed : item_progress::failed);
}

json::object command_left_json(std::string_view id, const exec_command_begin& x) {
  return command_json(id, x, "", nullptr, item_progress::completed);
}

json::object file_change_json(std::string_view id, const file_changes& changes,
                              item_progress progress) {
  json::array list;
  for (const auto& [path, change] : changes)
    list.push_back({{"path", path}, {"kind", troupe::to_text(change.kind)}});
  return {{"id", id},
          {"type", "file_change"},
          {"changes", std::move(list)},
          {"status", to_text(progress)}};
}

json::object todo_list_json(std::string_view id, const plan_update& x) {
  json::array list;
  for (const auto& step : x.plan)
    list.push_back({{"text", step.step}, {"completed", step.status == step_status::completed}});
  return {{"id", id}, {"type", "todo_list"}, {"items", std::move(list)}};
}

json::object error_item_json(std::string_view id, std::string_view message) {
  return {{"id", id}, {"type", "error"}, {"message", message}};
}

json::object usage_json(const token_usage& x) {
  // Troupe's providers do not report cache writes apart; SDKs read the field all the same.
  return {{"input_tokens", x.input_tokens},
          {"cached_input_tokens", x.cached_input_tokens},
          {"cache_write_input_tokens", 0},
          {"output_tokens", x.output_tokens},
          {"reasoning_output_tokens", x.reasoning_output_tokens}};
}

} // namespace troupe::exec
