#include "messages/json/item_reader.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace troupe {

namespace {

using namespace std::string_view_literals;

constexpr std::array message_parts{"input_text"sv, "input_image"sv, "output_text"sv};
constexpr std::array output_parts{"input_text"sv, "input_image"sv};
constexpr std::array summary_parts{"summary_text"sv};
constexpr std::array reasoning_parts{"reasoning_text"sv, "text"sv};
constexpr std::array phases{"commentary"sv, "final_answer"sv};
constexpr std::array shell_statuses{"completed"sv, "in_progress"sv, "incomplete"sv};

using text_list = std::span<const std::string_view>;

bool contains(text_list list, std::string_view x) {
  return std::find(list.begin(), list.end(), x) != list.end();
}

/// Text that must be one of a list.
std::string_view one_of(object_reader& in, std::string_view x, text_list allowed) {
  if (!contains(allowed, x))
    in.fail();
  return x;
}

void text_or_null(json_writer& out, std::string_view name, std::optional<std::string_view> x) {
  out.key(name);
  if (x)
    out.text(*x);
  else
    out.null();
}

void text_if_present(json_writer& out, std::string_view name, std::optional<std::string_view> x) {
  if (x)
    out.member(name, *x);
}

void copy_parts(object_reader& in, const boost::json::array& parts, text_list allowed,
                json_writer& out) {
  out.begin_array();
  for (const auto& element : parts) {
    object_reader part{element};
    const auto type = one_of(part, part.text("type"), allowed);
    const auto value_name = type == "input_image" ? "image_url"sv : "text"sv;
    const auto value = part.text(value_name);
    if (part.failed())
      return in.fail();
    out.begin_object().member("type", type).member(value_name, value).end_object();
  }
  out.end_array();
}

void copy_texts(object_reader& in, const boost::json::array& texts, json_writer& out) {
  out.begin_array();
  for (const auto& element : texts) {
    if (!element.is_string())
      return in.fail();
    out.text(element.get_string());
  }
  out.end_array();
}

void copy_message(object_reader& in, response_item& x, json_writer& out) {
  x.id = in.optional_text("id").value_or("");
  x.role = in.text("role");
  out.member("role", x.role).key("content");
  copy_parts(in, in.array("content"), message_parts, out);
  if (const auto end_turn = in.optional_boolean("end_turn"))
    out.key("end_turn").boolean(*end_turn);
  if (const auto phase = in.optional_text("phase"))
    out.member("phase", one_of(in, *phase, phases));
}

/// Absent is null; a list is written when it has a part of type reasoning_text and left out
/// otherwise.
void copy_reasoning_content(object_reader& in, json_writer& out) {
  const auto* parts = in.optional_array("content");
  if (!parts) {
    out.key("content").null();
    return;
  }
  std::string written;
  json_writer list{written};
  copy_parts(in, *parts, reasoning_parts, list);
  const auto is_raw = [](const boost::json::value& part) {
    return object_reader{part}.text("type") == "reasoning_text";
  };
  if (std::any_of(parts->begin(), parts->end(), is_raw))
    out.key("content").raw(written);
}

void copy_reasoning(object_reader& in, response_item& x, json_writer& out) {
  // The id has a default but is not optional: null is a type error.
  if (in.find("id"))
    x.id = in.text("id");
  out.key("summary");
  copy_parts(in, in.array("summary"), summary_parts, out);
  copy_reasoning_content(in, out);
  text_or_null(out, "encrypted_content", in.optional_text("encrypted_content"));
}

void copy_shell_environment(object_reader& in, json_writer& out) {
  out.key("env");
  const auto* variables = in.optional_object("env");
  if (!variables) {
    out.null();
    return;
  }
  out.begin_object();
  for (const auto& variable : *variables) {
    if (!variable.value().is_string())
      return in.fail();
    out.member(variable.key(), variable.value().get_string());
  }
  out.end_object();
}

void copy_shell_action(object_reader& in, json_writer& out) {
  const auto* action = in.optional_object("action");
  if (!action)
    return in.fail();
  object_reader exec{*action};
  out.key("action").begin_object();
  out.member("type", one_of(exec, exec.text("type"), std::array{"exec"sv}));
  out.key("command");
  copy_texts(exec, exec.array("command"), out);
  out.key("timeout_ms");
  if (const auto timeout = exec.optional_integer("timeout_ms"))
    out.number(*timeout);
  else
    out.null();
  text_or_null(out, "working_directory", exec.optional_text("working_directory"));
  copy_shell_environment(exec, out);
  text_or_null(out, "user", exec.optional_text("user"));
  out.end_object();
  if (exec.failed())
    in.fail();
}

void copy_local_shell_call(object_reader& in, response_item& x, json_writer& out) {
  x.id = in.optional_text("id").value_or("");
  const auto call = in.optional_text("call_id");
  x.call_id = call.value_or("");
  text_or_null(out, "call_id", call);
  out.member("status", one_of(in, in.text("status"), shell_statuses));
  copy_shell_action(in, out);
}

void copy_function_call(object_reader& in, response_item& x, json_writer& out) {
  x.id = in.optional_text("id").value_or("");
  x.name = in.text("name");
  x.call_id = in.text("call_id");
  out.member("name", x.name).member("arguments", in.text("arguments"));
  out.member("call_id", x.call_id);
}

void copy_function_output(object_reader& in, response_item& x, json_writer& out) {
  x.call_id = in.text("call_id");
  out.member("call_id", x.call_id).key("output");
  const auto* output = in.find("output");
  if (output && output->is_array())
    copy_parts(in, output->get_array(), output_parts, out);
  else
    out.text(in.text("output"));
}

void copy_custom_call(object_reader& in, response_item& x, json_writer& out) {
  x.id = in.optional_text("id").value_or("");
  x.call_id = in.text("call_id");
  x.name = in.text("name");
  text_if_present(out, "status", in.optional_text("status"));
  out.member("call_id", x.call_id).member("name", x.name).member("input", in.text("input"));
}

void copy_custom_output(object_reader& in, response_item& x, json_writer& out) {
  x.call_id = in.text("call_id");
  out.member("call_id", x.call_id).member("output", in.text("output"));
}

void copy_search_action(object_reader& in, const boost::json::object& action, json_writer& out) {
  object_reader reader{action};
  const auto type = reader.text("type");
  out.key("action").begin_object();
  if (type == "search") {
    out.member("type", type);
    text_if_present(out, "query", reader.optional_text("query"));
    if (const auto* queries = reader.optional_array("queries"))
      copy_texts(reader, *queries, out.key("queries"));
  } else if (type == "open_page") {
    out.member("type", type);
    text_if_present(out, "url", reader.optional_text("url"));
  } else if (type == "find_in_page") {
    out.member("type", type);
    text_if_present(out, "url", reader.optional_text("url"));
    text_if_present(out, "pattern", reader.optional_text("pattern"));
  } else {
    out.member("type", "other");
  }
  out.end_object();
  if (reader.failed())
    in.fail();
}

void copy_web_search(object_reader& in, response_item& x, json_writer& out) {
  x.id = in.optional_text("id").value_or("");
  text_if_present(out, "status", in.optional_text("status"));
  if (const auto* action = in.optional_object("action"))
    copy_search_action(in, *action, out);
}

void copy_snapshot(object_reader& in, json_writer& out) {
  const auto* commit = in.optional_object("ghost_commit");
  if (!commit)
    return in.fail();
  out.key("ghost_commit");
  std::string json;
  append_json(json, *commit);
  out.raw(json);
}

} // namespace

void copy_item(object_reader& in, response_item& x, json_writer& out) {
  out.begin_object().member("type", to_text(x.kind));
  switch (x.kind) {
  case item_kind::message: copy_message(in, x, out); break;
  case item_kind::reasoning: copy_reasoning(in, x, out); break;
  case item_kind::local_shell_call: copy_local_shell_call(in, x, out); break;
  case item_kind::function_call: copy_function_call(in, x, out); break;
  case item_kind::function_call_output: copy_function_output(in, x, out); break;
  case item_kind::custom_tool_call: copy_custom_call(in, x, out); break;
  case item_kind::custom_tool_call_output: copy_custom_output(in, x, out); break;
  case item_kind::web_search_call: copy_web_search(in, x, out); break;
  case item_kind::ghost_snapshot: copy_snapshot(in, out); break;
  case item_kind::compaction: out.member("encrypted_content", in.text("encrypted_content")); break;
  case item_kind::other: break;
  }
  out.end_object();
}

} // namespace troupe
