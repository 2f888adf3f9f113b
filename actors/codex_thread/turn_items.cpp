#include "actors/codex_thread/turn_items.hpp"

#include "messages/json/event_json.hpp"
#include "messages/json/item_json.hpp"

#include <boost/json.hpp>

#include <chrono>

namespace troupe::codex_thread {

namespace {

namespace json = boost::json;

/// Our own texts are valid JSON; a part that is not there reads as empty.
json::object parsed(const response_item& item) {
  boost::system::error_code ec;
  auto value = json::parse(item.json.view(), ec);
  return !ec && value.is_object() ? std::move(value.get_object()) : json::object{};
}

std::string text_field(const json::object& x, std::string_view key) {
  const auto* value = x.if_contains(key);
  return value && value->is_string() ? std::string{value->get_string()} : std::string{};
}

std::vector<std::string> texts_of(const json::object& x, std::string_view key) {
  std::vector<std::string> result;
  const auto* list = x.if_contains(key);
  if (!list || !list->is_array())
    return result;
  for (const auto& part : list->get_array())
    if (part.is_object())
      result.push_back(text_field(part.get_object(), "text"));
  return result;
}

/// Contract threads.md 19.2, last paragraph of the turn items.
std::string search_query(const json::object& action) {
  const auto type = text_field(action, "type");
  if (type == "open_page")
    return text_field(action, "url");
  if (type == "find_in_page")
    return "'" + text_field(action, "pattern") + "' in " + text_field(action, "url");
  if (type != "search")
    return {};
  if (auto query = text_field(action, "query"); !query.empty())
    return query;
  const auto* queries = action.if_contains("queries");
  if (!queries || !queries->is_array() || queries->get_array().empty())
    return {};
  const auto& list = queries->get_array();
  std::string first = list.front().is_string() ? std::string{list.front().get_string()} : "";
  return list.size() > 1 ? first + " ..." : first;
}

turn_item agent_message(const response_item& item) {
  agent_message_item x{.id = item.id, .text = message_text(item, "output_text"), .phase = {}};
  if (item.json.view().find("\"phase\"") != std::string_view::npos)
    x.phase = text_field(parsed(item), "phase");
  return x;
}

turn_item reasoning(const response_item& item) {
  const auto object = parsed(item);
  return reasoning_item{.id = item.id,
                        .summary_text = texts_of(object, "summary"),
                        .raw_content = texts_of(object, "content")};
}

turn_item web_search(const response_item& item) {
  const auto object = parsed(item);
  web_search_item x{.id = item.id, .query = {}, .action_json = {}};
  if (const auto* action = object.if_contains("action"); action && action->is_object()) {
    x.query = search_query(action->get_object());
    x.action_json = shared_text{json::serialize(*action)};
  }
  return x;
}

} // namespace

std::optional<turn_item> to_turn_item(const response_item& item) {
  if (item.kind == item_kind::message && item.role == "assistant")
    return agent_message(item);
  if (item.kind == item_kind::reasoning)
    return reasoning(item);
  if (item.kind == item_kind::web_search_call)
    return web_search(item);
  return std::nullopt;
}

std::vector<rollout_line> legacy_lines(const turn_item& item) {
  std::vector<rollout_line> lines;
  auto add = [&lines](std::string text) {
    lines.push_back({line_kind::event, shared_text{std::move(text)}});
  };
  if (const auto* message = std::get_if<agent_message_item>(&item)) {
    add(agent_message_event_json(message->text));
  } else if (const auto* thoughts = std::get_if<reasoning_item>(&item)) {
    for (const auto& part : thoughts->summary_text)
      add(agent_reasoning_event_json(part));
  } else if (const auto* user = std::get_if<user_message_item>(&item)) {
    add(user_message_event_json(user->content));
  } else if (std::holds_alternative<context_compaction_item>(item)) {
    add(context_compacted_event_json());
  }
  return lines;
}

turn_error to_turn_error(const model_error& x) {
  auto info = error_class::other;
  switch (x.code) {
  case model_errc::context_window_exceeded: info = error_class::context_window_exceeded; break;
  case model_errc::quota_exceeded:
  case model_errc::usage_not_included:
  case model_errc::usage_limit_reached: info = error_class::usage_limit_exceeded; break;
  case model_errc::internal_server_error: info = error_class::internal_server_error; break;
  case model_errc::unauthorized: info = error_class::unauthorized; break;
  case model_errc::model_cap: info = error_class::model_cap; break;
  case model_errc::rate_limited:
  case model_errc::retry_limit: info = error_class::response_too_many_failed_attempts; break;
  case model_errc::connection_failed: info = error_class::http_connection_failed; break;
  case model_errc::stream:
  case model_errc::timeout:
  case model_errc::invalid_request:
  case model_errc::invalid_image_request:
  case model_errc::unexpected_status:
  case model_errc::missing_env_var:
  case model_errc::overloaded:
  case model_errc::cancelled:
  case model_errc::fatal: break;
  }
  turn_error result{.message = x.message, .info = info, .http_status = told_http_status(x)};
  if (x.code == model_errc::model_cap) {
    result.capped_model = x.capped_model;
    if (x.retry_after)
      result.cap_resets_seconds =
        std::chrono::duration_cast<std::chrono::seconds>(*x.retry_after).count();
  }
  return result;
}

model_error closed_early() {
  return {.code = model_errc::stream,
          .message = "stream disconnected before completion: stream closed before "
                     "response.completed",
          .retry_after = {},
          .http_status = {}};
}

std::optional<std::uint16_t> told_http_status(const model_error& x) {
  const bool carries_status =
    x.code == model_errc::retry_limit || x.code == model_errc::rate_limited ||
    x.code == model_errc::unexpected_status || x.code == model_errc::connection_failed;
  return carries_status ? x.http_status : std::nullopt;
}

} // namespace troupe::codex_thread
