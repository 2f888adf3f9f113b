#include "actors/model_client/request_body.hpp"

#include "messages/json/writer.hpp"

#include <optional>
#include <string_view>
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
  fragment empty_string = make_fragment(R"("")");
  fragment empty_array = make_fragment("[]");
};

const glue& shared_glue() {
  static const glue instance;
  return instance;
}

std::string opening(const model_request& x) {
  std::string result;
  json_writer writer{result};
  writer.begin_object().member("model", x.model).key("instructions");
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

std::string closing(const model_request& x, store_response store) {
  std::string result{','};
  // The writer believes it begins an object; its brace is in the opening.
  json_writer writer{result};
  writer.member("tool_choice", "auto");
  writer.key("parallel_tool_calls").boolean(x.parallel_tool_calls);
  write_reasoning(writer, x);
  writer.key("store").boolean(store == store_response::yes);
  writer.key("stream").boolean(true);
  writer.key("include").begin_array();
  if (x.reasoning)
    writer.text("reasoning.encrypted_content");
  writer.end_array();
  writer.member("prompt_cache_key", to_string(x.thread));
  write_text(writer, x);
  result += '}';
  return result;
}

} // namespace

std::vector<fragment> request_body(const model_request& x, store_response store) {
  const auto& parts = shared_glue();
  std::vector<fragment> result;
  result.reserve(2 * x.input.size() + 6);
  result.push_back(make_fragment(opening(x)));
  result.push_back(text_or(x.instructions_json, parts.empty_string));
  result.push_back(parts.before_input);
  bool is_first = true;
  for (const auto& item : x.input) {
    if (item.empty())
      continue;
    if (!std::exchange(is_first, false))
      result.push_back(parts.comma);
    result.push_back(item.pointer());
  }
  result.push_back(parts.before_tools);
  result.push_back(text_or(x.tools_json, parts.empty_array));
  result.push_back(make_fragment(closing(x, store)));
  return result;
}

} // namespace troupe::model_client
