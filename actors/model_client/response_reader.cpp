#include "actors/model_client/response_reader.hpp"

#include "actors/model_client/json_scan.hpp"
#include "actors/model_client/rate_limit_event.hpp"
#include "actors/model_client/stream_errors.hpp"
#include "actors/model_client/usage_reader.hpp"
#include "messages/json/item_json.hpp"

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>

namespace troupe::model_client {

namespace {

namespace json = boost::json;

enum class event_type : std::uint8_t {
  created,
  item_added,
  item_done,
  text_delta,
  summary_delta,
  reasoning_delta,
  summary_part_added,
  completed,
  done,
  failed,
  rate_limits,
  incomplete,
  unread_delta, // of the response; we take the whole from its item
  ignored
};

constexpr auto event_types = std::to_array<std::pair<std::string_view, event_type>>({
  // The common ones first.
  {"response.output_text.delta", event_type::text_delta},
  {"response.reasoning_summary_text.delta", event_type::summary_delta},
  {"response.reasoning_text.delta", event_type::reasoning_delta},
  {"response.output_item.added", event_type::item_added},
  {"response.output_item.done", event_type::item_done},
  {"response.reasoning_summary_part.added", event_type::summary_part_added},
  {"response.created", event_type::created},
  {"response.completed", event_type::completed},
  {"response.done", event_type::done},
  {"response.failed", event_type::failed},
  {"response.incomplete", event_type::incomplete},
  {"response.function_call_arguments.delta", event_type::unread_delta},
  {"response.custom_tool_call_input.delta", event_type::unread_delta},
  {"response.refusal.delta", event_type::unread_delta},
  {"response.code_interpreter_call_code.delta", event_type::unread_delta},
  {"response.mcp_call_arguments.delta", event_type::unread_delta},
  {"codex.rate_limits", event_type::rate_limits},
});

event_type find_type(const json_slice& x) {
  if (x.kind != json_kind::string)
    return event_type::ignored;
  // Names with escapes are no names of ours, so the written form will do.
  const auto name = x.text.substr(1, x.text.size() - 2);
  for (const auto& [text, type] : event_types)
    if (text == name)
      return type;
  return event_type::ignored;
}

bool has_text(const json::object& x, std::initializer_list<std::string_view> names) {
  return std::ranges::any_of(names, [&x](std::string_view name) {
    const auto* value = x.if_contains(name);
    const auto* text = value != nullptr ? value->if_string() : nullptr;
    return text != nullptr && !text->empty();
  });
}

bool has_text_in(const json::object& x, std::string_view list) {
  const auto* value = x.if_contains(list);
  const auto* parts = value != nullptr ? value->if_array() : nullptr;
  return parts != nullptr && std::ranges::any_of(*parts, [](const json::value& part) {
           const auto* object = part.if_object();
           return object != nullptr && has_text(*object, {"text", "refusal", "image_url"});
         });
}

/// Whether the history says more with this item than without.
bool says_something(const json::object& x, item_kind kind) {
  switch (kind) {
  case item_kind::message: return has_text_in(x, "content");
  case item_kind::reasoning:
    return has_text(x, {"encrypted_content"}) || has_text_in(x, "summary") ||
           has_text_in(x, "content");
  case item_kind::compaction: return has_text(x, {"encrypted_content"});
  case item_kind::local_shell_call:
  case item_kind::function_call:
  case item_kind::custom_tool_call:
  case item_kind::web_search_call: return true;
  case item_kind::function_call_output: // a provider has no outputs
  case item_kind::custom_tool_call_output:
  case item_kind::ghost_snapshot:
  case item_kind::other: return false;
  }
  return false; // unreachable; keeps GCC content
}

struct read_item {
  response_item item;
  bool says_something = false;
};

/// None when it is unparsable, and the event with it.
std::optional<read_item> parse_item(const json_slice& x) {
  // Most items fit; larger ones go on in heap blocks.
  std::array<unsigned char, 4096> first_block;
  json::monotonic_resource memory{first_block.data(), first_block.size()};
  json::parse_options options;
  options.max_depth = json_scan::max_depth;
  json::error_code error;
  const auto value = json::parse(x.text, error, &memory, options);
  if (error)
    return std::nullopt;
  auto item = parse_response_item(value);
  if (!item)
    return std::nullopt;
  const auto* object = value.if_object();
  const bool says = object != nullptr && says_something(*object, item->kind);
  return read_item{.item = std::move(*item), .says_something = says};
}

} // namespace

/// The members that any event type reads. Slices stay kind null when absent.
struct response_reader::event_fields {
  event_type type = event_type::ignored;
  json_slice response;
  json_slice item;
  json_slice delta;
  std::optional<std::int64_t> summary_index;
  std::optional<std::int64_t> content_index;

  /// False: not JSON, or a member of the wrong kind.
  bool is_readable = true;

  /// What has no known type is ignored, and not read any further than that.
  static event_fields read(std::string_view json);

private:
  bool take(const json_member& x);
  bool take_index(const json_slice& x, std::optional<std::int64_t>& index);
};

response_reader::event_fields response_reader::event_fields::read(std::string_view json) {
  event_fields result;
  json_scan scan{json};
  while (const auto member = scan.next()) {
    if (member->name == "type") {
      // Nothing behind the type can save an event that is ignored; some of those are large.
      result.type = find_type(member->value);
      if (result.type == event_type::ignored)
        return result;
    } else if (is_given(member->value) && !result.take(*member)) {
      result.is_readable = false;
      return result;
    }
  }
  result.is_readable = scan.is_complete();
  return result;
}

bool response_reader::event_fields::take(const json_member& x) {
  if (x.name == "delta") {
    delta = x.value;
    return delta.kind == json_kind::string;
  }
  if (x.name == "summary_index")
    return take_index(x.value, summary_index);
  if (x.name == "content_index")
    return take_index(x.value, content_index);
  if (x.name == "response")
    response = x.value;
  else if (x.name == "item")
    item = x.value;
  return true;
}

bool response_reader::event_fields::take_index(const json_slice& x,
                                               std::optional<std::int64_t>& index) {
  index = json_integer(x);
  return index.has_value();
}

void response_reader::read(std::string_view event_json, std::vector<model_event>& out) {
  if (completed_)
    return;
  const auto fields = fields_of(event_json);
  if (fields && take(*fields, event_json, out))
    ++own_events_;
}

/// None for what is skipped.
std::optional<response_reader::event_fields>
response_reader::fields_of(std::string_view event_json) {
  constexpr std::string_view end_of_stream = "[DONE]"; // of other interfaces
  auto result = event_fields::read(event_json);
  if (!result.is_readable)
    unreadable_events_ += event_json == end_of_stream ? 0 : 1;
  if (!result.is_readable || result.type == event_type::ignored)
    return std::nullopt;
  return result;
}

/// Whether it brings the response further.
bool response_reader::take(const event_fields& x, std::string_view event_json,
                           std::vector<model_event>& out) {
  constexpr std::size_t quotes = 2; // around a delta without text
  switch (x.type) {
  case event_type::created:
    if (is_given(x.response))
      out.emplace_back(stream_created{});
    return !std::exchange(has_begun_, true);
  case event_type::item_added:
    if (auto read = parse_item(x.item))
      out.emplace_back(output_item_added{std::move(read->item)});
    return false; // promises only
  case event_type::item_done:
    if (auto read = parse_item(x.item)) {
      out.emplace_back(output_item_done{std::move(read->item)});
      return read->says_something;
    }
    ++unreadable_events_;
    return false;
  case event_type::text_delta:
    if (auto delta = json_text(x.delta))
      out.emplace_back(output_text_delta{std::move(*delta)});
    return x.delta.text.size() > quotes;
  case event_type::summary_delta:
    if (auto delta = json_text(x.delta); delta && x.summary_index)
      out.emplace_back(reasoning_summary_delta{std::move(*delta), *x.summary_index});
    return x.delta.text.size() > quotes;
  case event_type::reasoning_delta:
    if (auto delta = json_text(x.delta); delta && x.content_index)
      out.emplace_back(reasoning_text_delta{std::move(*delta), *x.content_index});
    return x.delta.text.size() > quotes;
  case event_type::summary_part_added:
    if (x.summary_index)
      out.emplace_back(reasoning_part_added{*x.summary_index});
    return false;
  case event_type::completed: on_completed(x, out); return !std::exchange(has_ended_, true);
  case event_type::done: on_done(x, out); return !std::exchange(has_ended_, true);
  case event_type::failed: on_failed(x); return !std::exchange(has_ended_, true);
  case event_type::incomplete: return !std::exchange(has_ended_, true);
  case event_type::rate_limits:
    if (source_ == event_source::websocket)
      if (auto limits = parse_rate_limit_event(event_json))
        out.emplace_back(rate_limits_seen{std::move(*limits)});
    return false;
  case event_type::unread_delta: return x.delta.text.size() > quotes;
  case event_type::ignored: return false;
  }
  return false; // unreachable; keeps GCC content
}

namespace {

/// `response` of the two events that complete a stream.
struct completion {
  std::optional<std::string> id;
  std::optional<token_usage> usage;
  std::string_view problem; ///< empty: it was read
};

completion read_completion(const json_slice& response) {
  completion result;
  if (response.kind != json_kind::object) {
    result.problem = "`response` is not an object";
    return result;
  }
  json_scan scan{response.text};
  while (const auto member = scan.next()) {
    if (member->name == "id" && is_given(member->value)) {
      result.id = json_text(member->value);
      if (!result.id)
        result.problem = "`id` is not a string";
    } else if (member->name == "usage" && is_given(member->value)) {
      result.usage = parse_usage(member->value);
      if (!result.usage)
        result.problem = "`usage` is not a usage object";
    }
  }
  return result;
}

model_error unreadable_completion(std::string_view problem) {
  return stream_error("failed to parse ResponseCompleted: " + std::string{problem});
}

} // namespace

void response_reader::on_completed(const event_fields& x, std::vector<model_event>& out) {
  if (!is_given(x.response))
    return;
  auto response = read_completion(x.response);
  if (response.problem.empty() && !response.id)
    response.problem = "missing field `id`";
  if (response.problem.empty())
    complete({std::move(*response.id), response.usage}, out);
  else
    error_ = unreadable_completion(response.problem);
}

void response_reader::on_done(const event_fields& x, std::vector<model_event>& out) {
  if (!is_given(x.response))
    return complete({}, out);
  auto response = read_completion(x.response);
  if (response.problem.empty())
    complete({std::move(response.id).value_or(""), response.usage}, out);
  else
    error_ = unreadable_completion(response.problem);
}

void response_reader::complete(response_completed x, std::vector<model_event>& out) {
  completed_ = true;
  error_.reset();
  out.emplace_back(std::move(x));
}

void response_reader::on_failed(const event_fields& x) {
  std::string_view error;
  if (x.response.kind == json_kind::object) {
    json_scan scan{x.response.text};
    while (const auto member = scan.next())
      if (member->name == "error")
        error = member->value.text;
  }
  error_ = failed_response(error);
}

} // namespace troupe::model_client
