#include "messages/json/item_json.hpp"

#include "messages/json/document.hpp"
#include "messages/json/item_reader.hpp"
#include "messages/json/writer.hpp"

#include <algorithm>
#include <array>
#include <cassert>

namespace troupe {

namespace {

using namespace std::string_view_literals;

shared_text stored(std::string json) {
  json.shrink_to_fit(); // items live as long as their thread
  return shared_text{std::move(json)};
}

item_kind kind_of(std::string_view type) {
  if (type == "compaction_summary")
    return item_kind::compaction;
  return parse_enum<item_kind>(type).value_or(item_kind::other);
}

void write_part(json_writer& out, std::string_view type, std::string_view name,
                std::string_view value) {
  out.begin_object().member("type", type).member(name, value).end_object();
}

void write_input_text(json_writer& out, std::string_view text) {
  write_part(out, "input_text", "text", text);
}

void write_image(json_writer& out, std::string_view opening_tag, std::string_view url) {
  write_input_text(out, opening_tag);
  write_part(out, "input_image", "image_url", url);
  write_input_text(out, "</image>");
}

void write_local_image(json_writer& out, const local_image_input& x, std::size_t number) {
  if (x.data_url.empty()) {
    write_input_text(out, "The local image `" + x.path + "` could not be attached: " + x.problem);
    return;
  }
  write_image(out, "<image name=[Image #" + std::to_string(number) + "]>", x.data_url);
}

/// One string member of an item's JSON; none when it has another type.
std::optional<std::string> text_member(const response_item& x, std::string_view name) {
  const json_document document{x.json.view()};
  if (!document.root())
    return std::nullopt;
  object_reader reader{*document.root()};
  const auto text = reader.optional_text(name);
  return text ? std::optional<std::string>{*text} : std::nullopt;
}

std::string shell_action(const response_item& x) {
  const json_document document{x.json.view()};
  std::string result;
  if (document.root())
    if (const auto* action = object_reader{*document.root()}.optional_object("action"))
      append_json(result, *action);
  return result;
}

response_item make_output(item_kind kind, std::string_view call_id, std::string_view text) {
  response_item result;
  result.kind = kind;
  result.call_id = call_id;
  std::string json;
  json.reserve(text.size() + 96);
  json_writer out{json};
  out.begin_object().member("type", to_text(kind)).member("call_id", call_id);
  out.member("output", text).end_object();
  result.json = stored(std::move(json));
  return result;
}

/// Without the white space (as Unicode has it) at the front.
std::string_view trim_start(std::string_view text) {
  static constexpr std::array spaces{
    " "sv,        "\t"sv,     "\n"sv,     "\v"sv,     "\f"sv,     "\r"sv,     "\xC2\x85"sv,
    "\xC2\xA0"sv, "\u1680"sv, "\u2000"sv, "\u2001"sv, "\u2002"sv, "\u2003"sv, "\u2004"sv,
    "\u2005"sv,   "\u2006"sv, "\u2007"sv, "\u2008"sv, "\u2009"sv, "\u200A"sv, "\u2028"sv,
    "\u2029"sv,   "\u202F"sv, "\u205F"sv, "\u3000"sv};
  for (;;) {
    const auto space =
      std::find_if(spaces.begin(), spaces.end(), [text](auto x) { return text.starts_with(x); });
    if (space == spaces.end())
      return text;
    text.remove_prefix(space->size());
  }
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool opens_with(std::string_view text, std::string_view lower_case_tag) {
  const auto equal = [](char a, char b) { return lower(a) == b; };
  return text.size() >= lower_case_tag.size() &&
         std::equal(lower_case_tag.begin(), lower_case_tag.end(), text.begin(),
                    [equal](char tag, char c) { return equal(c, tag); });
}

/// Texts the engine puts into user messages by itself.
bool is_engine_text(std::string_view part_type, std::string_view text) {
  const auto trimmed = trim_start(text);
  if (opens_with(trimmed, "<environment_context>") || opens_with(trimmed, "<turn_aborted>"))
    return true;
  return part_type == "input_text" && opens_with(trimmed, "<user_shell_command>");
}

bool is_instructions_text(std::string_view text) {
  return text.starts_with("# AGENTS.md instructions for ") ||
         text.starts_with("<user_instructions>") || text.starts_with("<skill");
}

} // namespace

std::optional<response_item> parse_response_item(const boost::json::value& x) {
  object_reader in{x};
  const auto type = in.text("type");
  response_item result;
  result.kind = kind_of(type);
  std::string json;
  json_writer out{json};
  copy_item(in, result, out);
  if (in.failed())
    return std::nullopt;
  result.json = stored(std::move(json));
  return result;
}

std::optional<response_item> parse_response_item(std::string_view json) {
  const json_document document{json};
  return document.root() ? parse_response_item(*document.root()) : std::nullopt;
}

response_item make_message(std::string_view role, std::string_view text) {
  response_item result;
  result.kind = item_kind::message;
  result.role = role;
  std::string json;
  json.reserve(text.size() + 96);
  json_writer out{json};
  out.begin_object().member("type", "message").member("role", role).key("content").begin_array();
  write_part(out, role == "assistant" ? "output_text" : "input_text", "text", text);
  out.end_array().end_object();
  result.json = stored(std::move(json));
  return result;
}

response_item make_user_message(const std::vector<input_item>& items) {
  response_item result;
  result.kind = item_kind::message;
  result.role = "user";
  std::string json;
  json_writer out{json};
  out.begin_object().member("type", "message").member("role", "user");
  out.key("content").begin_array();
  std::size_t local_images = 0;
  for (const auto& item : items) {
    if (const auto* text = std::get_if<text_input>(&item))
      write_input_text(out, text->text);
    else if (const auto* image = std::get_if<image_input>(&item))
      write_image(out, "<image>", image->image_url);
    else
      write_local_image(out, std::get<local_image_input>(item), ++local_images);
  }
  out.end_array().end_object();
  result.json = stored(std::move(json));
  return result;
}

response_item make_function_output(std::string_view call_id, std::string_view text) {
  return make_output(item_kind::function_call_output, call_id, text);
}

response_item make_custom_output(std::string_view call_id, std::string_view text) {
  return make_output(item_kind::custom_tool_call_output, call_id, text);
}

response_item make_tool_output(const response_item& call, std::string_view text) {
  return call.kind == item_kind::custom_tool_call ? make_custom_output(call.call_id, text)
                                                  : make_function_output(call.call_id, text);
}

std::string message_text(const response_item& x, std::string_view part_type) {
  std::string result;
  if (x.kind != item_kind::message)
    return result;
  const json_document document{x.json.view()};
  if (!document.root())
    return result;
  for (const auto& element : object_reader{*document.root()}.array("content")) {
    object_reader part{element};
    if (part.text("type") == part_type)
      result += part.optional_text("text").value_or("");
  }
  return result;
}

std::string call_arguments(const response_item& x) {
  switch (x.kind) {
  case item_kind::function_call: return text_member(x, "arguments").value_or("");
  case item_kind::custom_tool_call: return text_member(x, "input").value_or("");
  case item_kind::local_shell_call: return shell_action(x);
  case item_kind::message:
  case item_kind::reasoning:
  case item_kind::function_call_output:
  case item_kind::custom_tool_call_output:
  case item_kind::web_search_call:
  case item_kind::ghost_snapshot:
  case item_kind::compaction:
  case item_kind::other: break;
  }
  return {};
}

std::optional<std::string> output_text(const response_item& x) {
  return is_tool_output(x) ? text_member(x, "output") : std::nullopt;
}

response_item with_output_text(const response_item& item, std::string_view text) {
  assert(is_tool_output(item));
  return make_output(item.kind, item.call_id, text);
}

bool is_user_message(const response_item& x) {
  if (x.kind != item_kind::message || x.role != "user")
    return false;
  const json_document document{x.json.view()};
  if (!document.root())
    return false;
  const auto& parts = object_reader{*document.root()}.array("content");
  for (const auto& element : parts) {
    object_reader part{element};
    const auto type = part.text("type");
    const auto text = part.optional_text("text").value_or("");
    if (type == "input_image")
      continue;
    if (parts.size() == 1 && type == "input_text" && is_instructions_text(text))
      return false;
    if (is_engine_text(type, text))
      return false;
  }
  return true;
}

std::string json_quoted(std::string_view text) {
  std::string result;
  result.reserve(text.size() + 2);
  append_json_string(result, text);
  return result;
}

} // namespace troupe
