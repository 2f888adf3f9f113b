#pragma once

#include "actors/codex_thread/session.hpp"
#include "messages/json/item_json.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Small builders for tests of the thread's logic: a session with a known model, and what a model
/// says.
namespace troupe::codex_thread::testing {

inline model_facts some_model(std::string slug = "test-model") {
  model_info info;
  info.slug = std::move(slug);
  info.context_window = 100'000;
  info.supports_reasoning_summaries = true;
  info.base_instructions = shared_text{"Be brief."};
  return {.info = shared_value{info},
          .instructions = shared_text{"Be brief."},
          .instructions_json = shared_text{"\"Be brief.\""}};
}

/// A model whose histories are compacted at `limit` tokens.
inline model_facts model_with_limit(std::int64_t limit) {
  auto facts = some_model();
  auto info = *facts.info;
  info.auto_compact_token_limit = limit;
  facts.info = shared_value{info};
  return facts;
}

inline shared_text some_tools() {
  return shared_text{R"([{"type":"local_shell"}])"};
}

inline thread_config some_config() {
  thread_config x;
  x.model = "test-model";
  x.provider = "test";
  x.cwd = "/work";
  x.stream_max_retries = 2;
  return x;
}

inline user_input says(std::string text) {
  return {.items = {text_input{std::move(text)}}, .output_schema_json = {}};
}

inline response_item assistant(std::string_view text, std::string id = "msg_1") {
  auto item = make_message("assistant", text);
  item.id = std::move(id);
  return item;
}

inline response_item function_call(std::string_view name, std::string_view call_id,
                                   std::string_view arguments = "{}") {
  std::string json = R"({"type":"function_call","name":)" + json_quoted(name) + R"(,"arguments":)" +
                     json_quoted(arguments) + R"(,"call_id":)" + json_quoted(call_id) + "}";
  return *parse_response_item(std::string_view{json});
}

inline response_item item_of(std::string_view json) {
  return *parse_response_item(json);
}

inline response_item image_output(std::string_view call_id) {
  return item_of(R"({"type":"function_call_output","call_id":)" + json_quoted(call_id) +
                 R"(,"output":[{"type":"input_text","text":"look"},)"
                 R"({"type":"input_image","image_url":"data:image/png;base64,xx"}]})");
}

inline model_error failure(model_errc code, std::string message = "it failed") {
  return {.code = code, .message = std::move(message), .retry_after = {}, .http_status = {}};
}

inline token_usage usage(std::int64_t in, std::int64_t out) {
  return {.input_tokens = in,
          .cached_input_tokens = 0,
          .output_tokens = out,
          .reasoning_output_tokens = 0,
          .total_tokens = in + out};
}

/// A session that has started as a new thread, and what it wants done since the last look.
struct scripted_session {
  session uut;
  effects out;
  std::string metadata_json;             ///< the answer to questions about the working directory
  std::vector<model_facts> known_models; ///< the answers to questions about models

  explicit scripted_session(thread_config config = some_config(), model_facts model = some_model())
    : uut(std::move(config), [](const model_info&, const thread_config&) { return some_tools(); },
          {}) {
    uut.set_id(*parse_thread_id("019c3762-2225-7c31-9a4e-5d0f6b7a8c21"));
    uut.set_model(model);
    known_models.push_back(std::move(model));
    uut.start_new("/rollout.jsonl", out);
    uut.on_flushed(flush_goal::session_start, {}, out);
    out = {};
  }

  /// Hands over what is wanted and starts afresh.
  effects take() {
    describe_workspace();
    return std::exchange(out, {});
  }

  /// Answers a question about a model that is known.
  void describe_model() {
    if (!out.fetch_model)
      return;
    for (const auto& x : known_models)
      if (x.info->slug == out.fetch_model->slug) {
        out.fetch_model.reset();
        return uut.on_model_facts(x, out);
      }
  }

  /// Answers questions about the model and the working directory, if there are any.
  void describe_workspace() {
    describe_model();
    if (!out.describe)
      return;
    workspace_described answer{std::exchange(out.describe, std::nullopt)->turn, metadata_json};
    uut.on_workspace(answer, out);
  }

  /// Submits without an answer to what is asked about the working directory.
  std::variant<submitted, errc> submit_only(op x) {
    auto receipt = uut.submit({.id = {}, .op = std::move(x)}, out);
    describe_model();
    return receipt;
  }
  std::variant<submitted, errc> submit(op x) {
    auto receipt = submit_only(std::move(x));
    describe_workspace();
    return receipt;
  }
  void model(std::vector<model_event> events) {
    model_events x{uut.stream(), std::move(events)};
    uut.on_model_events(x, out);
  }
  void model_says(std::string_view text, token_usage used = usage(10, 5)) {
    model({output_item_done{assistant(text)}, response_completed{"r", used}});
  }
  /// A whole turn of one request.
  void turn(std::string input, std::string_view answer, token_usage used = usage(10, 5)) {
    submit(says(std::move(input)));
    model_says(answer, used);
    flushed();
    take();
  }
  void provider_compacts(stream_number number, compacted_history x) {
    uut.on_compacted(number, x, out);
  }
  void stream_fails(model_error error) {
    uut.on_stream_ended({.stream = uut.stream(), .error = std::move(error), .limits = {}}, out);
  }
  void tool_answers(std::string call_id, std::string output) {
    uut.on_tool_result(
      uut.calls_stream(),
      {.call_id = std::move(call_id), .output = std::move(output), .success = true, .notes = {}},
      out);
  }
  void flushed(std::string failure = {}) { uut.on_flushed(out.flush, failure, out); }
};

/// Events of one type, in order.
template <class T>
std::vector<T> events_of(const effects& x) {
  std::vector<T> result;
  for (const auto& event : x.events)
    if (const auto* msg = std::get_if<T>(&event.msg))
      result.push_back(*msg);
  return result;
}

/// The texts of a request's input: a message's text, else the item's type.
std::vector<std::string> input_texts(const std::vector<shared_text>& input);

/// What lines were written, by type: "item:message", "event:token_count", "turn_context".
std::vector<std::string> line_names(const effects& x);

} // namespace troupe::codex_thread::testing
