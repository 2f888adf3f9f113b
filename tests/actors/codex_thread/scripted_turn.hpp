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

  explicit scripted_session(thread_config config = some_config())
    : uut(std::move(config),
          [](const model_info&, const thread_config&) { return shared_text{"[]"}; }, {}) {
    uut.set_id(*parse_thread_id("019c3762-2225-7c31-9a4e-5d0f6b7a8c21"));
    uut.set_model(some_model());
    uut.start_new("/rollout.jsonl", out);
    uut.on_flushed(flush_goal::session_start, {}, out);
    out = {};
  }

  /// Hands over what is wanted and starts afresh.
  effects take() { return std::exchange(out, {}); }

  std::variant<submitted, errc> submit(op x) {
    return uut.submit({.id = {}, .op = std::move(x)}, out);
  }
  void model(std::vector<model_event> events) {
    model_events x{uut.stream(), std::move(events)};
    uut.on_model_events(x, out);
  }
  void model_says(std::string_view text) {
    model({output_item_done{assistant(text)}, response_completed{"r", usage(10, 5)}});
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

/// What lines were written, by type: "item:message", "event:token_count", "turn_context".
std::vector<std::string> line_names(const effects& x);

} // namespace troupe::codex_thread::testing
