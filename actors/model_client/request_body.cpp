#include "actors/model_client/request_body.hpp"

#include "actors/model_client/item_ids.hpp"
#include "messages/json/writer.hpp"

#include <utility>

namespace troupe::model_client {

namespace {

fragment make_fragment(std::string text) {
  return std::make_shared<const std::string>(std::move(text));
}

/// The given text, or what stands for an empty one.
const fragment& text_or(const shared_text& x, const fragment& empty) {
  return x.empty() ? empty : x.pointer();
}

/// What is the same in every body.
struct glue {
  fragment comma = make_fragment(",");
  fragment before_input = make_fragment(R"(,"input":[)");
  fragment before_tools = make_fragment(R"(],"tools":)");
  fragment before_instructions = make_fragment(R"(],"instructions":)");
  fragment before_append = make_fragment(R"({"type":"response.append","input":[)");
  fragment array_end = make_fragment("]}");
  fragment object_end = make_fragment("}");
  fragment empty_string = make_fragment(R"("")");
  fragment empty_array = make_fragment("[]");
};

const glue& shared_glue() {
  static const glue instance;
  return instance;
}

/// Appends items with commas between them; those without text leave no hole.
class item_list {
public:
  explicit item_list(std::vector<fragment>& out) : out_(out) {}

  void add(const fragment& item) {
    if (!item)
      return;
    if (!std::exchange(is_first_, false))
      out_.push_back(shared_glue().comma);
    out_.push_back(item);
  }

private:
  std::vector<fragment>& out_;
  bool is_first_ = true;
};

void append_input(const model_request& x, const body_form& form, std::vector<fragment>& out) {
  item_list items{out};
  for (auto i = form.first_item; i < x.input.size(); ++i) {
    const bool has_id = i < x.input_ids.size() && !x.input_ids[i].empty();
    if (form.store == store_response::yes && has_id)
      items.add(with_id(x.input[i], x.input_ids[i]).pointer());
    else
      items.add(x.input[i].pointer());
  }
}

std::string opening(const model_request& x, const body_form& form) {
  std::string result;
  json_writer writer{result};
  writer.begin_object();
  if (!form.message_type.empty())
    writer.member("type", form.message_type);
  writer.member("model", x.model).key("instructions");
  return result;
}

void write_reasoning(json_writer& writer, const model_request& x) {
  writer.key("reasoning");
  if (!x.reasoning) {
    writer.null();
    return;
  }
  writer.begin_object();
  if (x.effort)
    writer.member("effort", to_text(*x.effort));
  if (x.summary && *x.summary != reasoning_summary::none)
    writer.member("summary", to_text(*x.summary));
  writer.end_object();
}

void write_text(json_writer& writer, const model_request& x) {
  if (!x.verbosity && x.output_schema_json.empty())
    return;
  writer.key("text").begin_object();
  if (x.verbosity)
    writer.member("verbosity", to_text(*x.verbosity));
  if (!x.output_schema_json.empty()) {
    writer.key("format").begin_object().member("type", "json_schema");
    writer.key("strict").boolean(true);
    writer.key("schema").raw(x.output_schema_json.view());
    writer.member("name", "codex_output_schema").end_object();
  }
  writer.end_object();
}

std::string closing(const model_request& x, const body_form& form) {
  std::string result{','};
  // The writer believes it begins an object; its brace is in the opening.
  json_writer writer{result};
  writer.member("tool_choice", "auto");
  writer.key("parallel_tool_calls").boolean(x.parallel_tool_calls);
  write_reasoning(writer, x);
  writer.key("store").boolean(form.store == store_response::yes);
  writer.key("stream").boolean(true);
  writer.key("include").begin_array();
  if (x.reasoning)
    writer.text("reasoning.encrypted_content");
  writer.end_array();
  if (!x.service_tier.empty())
    writer.member("service_tier", x.service_tier);
  writer.member("prompt_cache_key", to_string(x.thread));
  write_text(writer, x);
  if (!form.previous_response_id.empty())
    writer.member("previous_response_id", form.previous_response_id);
  result += '}';
  return result;
}

} // namespace

std::vector<fragment> request_body(const model_request& x, const body_form& form) {
  const auto& parts = shared_glue();
  std::vector<fragment> result;
  result.reserve(2 * x.input.size() + 6);
  result.push_back(make_fragment(opening(x, form)));
  result.push_back(text_or(x.instructions_json, parts.empty_string));
  result.push_back(parts.before_input);
  append_input(x, form, result);
  result.push_back(parts.before_tools);
  result.push_back(text_or(x.tools_json, parts.empty_array));
  result.push_back(make_fragment(closing(x, form)));
  return result;
}

std::vector<fragment> append_body(const model_request& x, std::size_t first_item) {
  std::vector<fragment> result{shared_glue().before_append};
  append_input(x, {.first_item = first_item}, result);
  result.push_back(shared_glue().array_end);
  return result;
}

std::vector<fragment> compact_body(const compact_history& x) {
  const auto& parts = shared_glue();
  std::string opening;
  json_writer writer{opening};
  writer.begin_object().member("model", x.model);
  std::vector<fragment> result{make_fragment(std::move(opening)), parts.before_input};
  item_list items{result};
  for (const auto& item : x.input)
    items.add(item.pointer());
  result.push_back(parts.before_instructions);
  result.push_back(text_or(x.instructions_json, parts.empty_string));
  result.push_back(parts.object_end);
  return result;
}

namespace {

std::string trace_opening(const memory_trace& x) {
  std::string result;
  json_writer writer{result};
  writer.begin_object().member("id", x.id).key("metadata").begin_object();
  writer.member("source_path", x.source_path).end_object();
  writer.key("items").begin_array();
  return result;
}

std::string traces_closing(const summarise_traces& x) {
  std::string result{']'};
  if (x.effort)
    result += R"(,"reasoning":{"effort":")" + std::string{to_text(*x.effort)} + R"("})";
  return result + '}';
}

} // namespace

std::vector<fragment> traces_body(const summarise_traces& x) {
  const auto& parts = shared_glue();
  std::string opening;
  json_writer writer{opening};
  writer.begin_object().member("model", x.model).key("traces").begin_array();
  std::vector<fragment> result{make_fragment(std::move(opening))};
  item_list traces{result};
  for (const auto& trace : x.traces) {
    traces.add(make_fragment(trace_opening(trace)));
    item_list items{result};
    for (const auto& item : trace.items)
      items.add(item.pointer());
    result.push_back(parts.array_end);
  }
  result.push_back(make_fragment(traces_closing(x)));
  return result;
}

} // namespace troupe::model_client
