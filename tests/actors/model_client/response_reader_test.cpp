#define CAF_SUITE response_reader
#include <caf/test/bdd_dsl.hpp>

#include "actors/model_client/response_reader.hpp"
#include "messages/json/item_json.hpp"

#include <string>
#include <string_view>
#include <vector>

using namespace troupe;
using troupe::model_client::response_reader;

namespace {

std::vector<model_event> read_one(std::string_view json) {
  response_reader reader;
  std::vector<model_event> result;
  reader.read(json, result);
  return result;
}

/// The only event that `json` stands for; a default one of another kind when there is none.
template <class Event>
const Event& only(const std::vector<model_event>& events) {
  REQUIRE_EQ(events.size(), 1u);
  const auto* x = std::get_if<Event>(&events.front());
  REQUIRE(x != nullptr);
  return *x;
}

bool is_ignored(std::string_view json) {
  response_reader reader;
  std::vector<model_event> events;
  reader.read(json, events);
  return events.empty() && !reader.is_completed() && !reader.remembered_error();
}

std::string error_of(std::string_view json) {
  response_reader reader;
  std::vector<model_event> events;
  reader.read(json, events);
  CHECK(events.empty());
  CHECK(!reader.is_completed());
  return reader.remembered_error() ? reader.remembered_error()->message : "";
}

} // namespace

SCENARIO("a created response is announced") {
  only<stream_created>(read_one(R"({"type":"response.created","response":{"id":"r"}})"));
  only<stream_created>(read_one(R"({"response":{},"type":"response.created"})"));
  CHECK(is_ignored(R"({"type":"response.created"})"));
  CHECK(is_ignored(R"({"type":"response.created","response":null})"));
}

SCENARIO("items are delivered when added and when done") {
  constexpr std::string_view message =
    R"({"type":"message","id":"m1","role":"assistant","content":[{"type":"output_text","text":"hi","annotations":[]}]})";
  const auto item = parse_response_item(message);
  REQUIRE(item);
  const auto event = [&](std::string_view type) {
    return R"({"type":")" + std::string{type} + R"(","output_index":0,"item":)" +
           std::string{message} + "}";
  };
  CHECK(only<output_item_added>(read_one(event("response.output_item.added"))).item == *item);
  CHECK(only<output_item_done>(read_one(event("response.output_item.done"))).item == *item);
}

SCENARIO("an item that cannot be read is dropped with its event") {
  for (const std::string_view item :
       {R"(null)", R"("message")", R"({"type":"message","role":"assistant"})", R"({})",
        R"({"type":"message","role":"assistant","content":[{"type":"hologram"}]})"}) {
    CHECK(is_ignored(R"({"type":"response.output_item.done","item":)" + std::string{item} + "}"));
  }
  CHECK(is_ignored(R"({"type":"response.output_item.done"})"));
  const auto unknown =
    read_one(R"({"type":"response.output_item.done","item":{"type":"hologram_call","x":1}})");
  CHECK(only<output_item_done>(unknown).item.kind == item_kind::other);
}

SCENARIO("text deltas are delivered, empty ones too") {
  CHECK_EQ(only<output_text_delta>(
             read_one(R"({"type":"response.output_text.delta","item_id":"m","output_index":0,)"
                      R"("content_index":0,"delta":"a\nb\u00e9","logprobs":[]})"))
             .delta,
           "a\nb\u00e9");
  CHECK_EQ(
    only<output_text_delta>(read_one(R"({"delta":"","type":"response.output_text.delta"})")).delta,
    "");
  CHECK(is_ignored(R"({"type":"response.output_text.delta"})"));
  CHECK(is_ignored(R"({"type":"response.output_text.delta","delta":null})"));
}

SCENARIO("reasoning deltas need their index") {
  const auto summary =
    read_one(R"({"type":"response.reasoning_summary_text.delta","delta":"s","summary_index":2})");
  CHECK(only<reasoning_summary_delta>(summary) == (reasoning_summary_delta{"s", 2}));
  CHECK(is_ignored(R"({"type":"response.reasoning_summary_text.delta","delta":"s"})"));
  CHECK(is_ignored(R"({"type":"response.reasoning_summary_text.delta","summary_index":2})"));
  const auto content =
    read_one(R"({"type":"response.reasoning_text.delta","delta":"t","content_index":1})");
  CHECK(only<reasoning_text_delta>(content) == (reasoning_text_delta{"t", 1}));
  CHECK(is_ignored(R"({"type":"response.reasoning_text.delta","delta":"t","content_index":null})"));
  const auto part =
    read_one(R"({"type":"response.reasoning_summary_part.added","summary_index":3})");
  CHECK(only<reasoning_part_added>(part) == reasoning_part_added{3});
  CHECK(is_ignored(R"({"type":"response.reasoning_summary_part.added"})"));
}

SCENARIO("a member of the wrong type makes the event unreadable") {
  for (const std::string_view members :
       {R"("delta":1)", R"("delta":["x"])", R"("delta":"x","content_index":"0")",
        R"("delta":"x","summary_index":1.0)", R"("delta":"x","content_index":true)",
        R"("delta":"x","summary_index":99999999999999999999)", R"("delta":"\ud83d")"}) {
    CHECK(is_ignored(R"({"type":"response.output_text.delta",)" + std::string{members} + "}"));
  }
}

SCENARIO("what is no JSON object with a known type is skipped") {
  for (const std::string_view data :
       {"", "[DONE]", "null", "\"response.completed\"", "{}", R"({"type":null})", R"({"type":7})",
        R"({"response":{"id":"x"}})", R"([{"type":"response.done"}])", R"({"type":"response.done")",
        R"({"type":"response.done"} trailing)", R"({"type":"Response.Done"})"}) {
    CHECK(is_ignored(data));
  }
}

SCENARIO("what is skipped because it cannot be read is counted, what nobody asked for is not") {
  response_reader reader;
  std::vector<model_event> events;
  for (const std::string_view data :
       {"[DONE]", "{}", R"({"type":"something.new","delta":1})", R"({"type":"response.created"})",
        R"({"type":"response.output_text.delta","delta":"x"})"})
    reader.read(data, events);
  CHECK_EQ(reader.unreadable_events(), 0u);
  for (const std::string_view data :
       {"<html>", R"({"type":"response.output_item.done","item":{"type":"mess)",
        R"({"type":"response.output_item.done","item":{"type":"message","role":"assistant"}})",
        R"({"type":"response.output_text.delta","delta":1})"})
    reader.read(data, events);
  CHECK_EQ(reader.unreadable_events(), 4u);
}

SCENARIO("events of no interest are ignored") {
  for (const std::string_view type :
       {"response.in_progress", "response.incomplete", "response.output_text.done",
        "response.content_part.added", "response.content_part.done",
        "response.function_call_arguments.delta", "response.custom_tool_call_input.delta",
        "response.reasoning_summary_text.done", "error", "codex.rate_limits", "something.new"}) {
    CHECK(is_ignored(R"({"type":")" + std::string{type} +
                     R"(","delta":"x","response":{"id":"r"},"item":{}})"));
  }
}

SCENARIO("a completed response ends the stream with its usage") {
  const auto events =
    read_one(R"({"type":"response.completed","response":{"id":"r1","usage":{"input_tokens":100,)"
             R"("input_tokens_details":{"cached_tokens":20},"output_tokens":10,)"
             R"("output_tokens_details":{"reasoning_tokens":5},"total_tokens":110},"output":[]}})");
  CHECK(only<response_completed>(events) ==
        (response_completed{"r1", token_usage{.input_tokens = 100,
                                              .cached_input_tokens = 20,
                                              .output_tokens = 10,
                                              .reasoning_output_tokens = 5,
                                              .total_tokens = 110}}));
}

SCENARIO("usage and its details may be missing") {
  const auto usage_of = [](std::string_view usage) {
    const auto events = read_one(R"({"type":"response.completed","response":{"id":"r","usage":)" +
                                 std::string{usage} + "}}");
    return only<response_completed>(events).usage;
  };
  CHECK(!usage_of("null"));
  constexpr token_usage plain{.input_tokens = 1, .output_tokens = 2, .total_tokens = 3};
  CHECK(usage_of(R"({"input_tokens":1,"output_tokens":2,"total_tokens":3})") == plain);
  CHECK(usage_of(R"({"input_tokens":1,"output_tokens":2,"total_tokens":3,)"
                 R"("input_tokens_details":null,"output_tokens_details":null})") == plain);
  CHECK(
    !only<response_completed>(read_one(R"({"type":"response.completed","response":{"id":"r"}})"))
       .usage);
}

SCENARIO("a completion that cannot be read is an error of the stream") {
  constexpr std::string_view prefix =
    "stream disconnected before completion: failed to parse ResponseCompleted: ";
  for (
    const std::string_view response :
    {R"({})", R"({"id":null})", R"({"id":1})", R"("r")", R"([])", R"({"id":"r","usage":1})",
     R"({"id":"r","usage":{"input_tokens":1,"output_tokens":2}})",
     R"({"id":"r","usage":{"input_tokens":1.0,"output_tokens":2,"total_tokens":3}})",
     R"({"id":"r","usage":{"input_tokens":1,"output_tokens":2,"total_tokens":3,"input_tokens_details":{}}})",
     R"({"id":"r","usage":{"input_tokens":1,"output_tokens":2,"total_tokens":3,"output_tokens_details":[]}})"}) {
    const auto error =
      error_of(R"({"type":"response.completed","response":)" + std::string{response} + "}");
    CHECK(error.starts_with(prefix));
  }
  CHECK(is_ignored(R"({"type":"response.completed"})"));
  CHECK(is_ignored(R"({"type":"response.completed","response":null})"));
}

SCENARIO("a done response completes with less") {
  CHECK(only<response_completed>(read_one(R"({"type":"response.done"})")) == response_completed{});
  CHECK(only<response_completed>(read_one(R"({"type":"response.done","response":{}})")) ==
        response_completed{});
  CHECK_EQ(only<response_completed>(read_one(R"({"type":"response.done","response":{"id":"r2"}})"))
             .response_id,
           "r2");
  CHECK(error_of(R"({"type":"response.done","response":{"id":5}})")
          .ends_with("failed to parse ResponseCompleted: `id` is not a string"));
}

SCENARIO("an error is remembered, replaced by a later one and voided by a completion") {
  response_reader reader;
  std::vector<model_event> events;
  reader.read(R"({"type":"response.failed","response":{"error":{"code":"x","message":"one"}}})",
              events);
  REQUIRE(reader.remembered_error());
  CHECK_EQ(reader.remembered_error()->message, "stream disconnected before completion: one");
  reader.read(R"({"type":"response.failed","response":{"error":{"code":"insufficient_quota"}}})",
              events);
  CHECK(reader.remembered_error()->code == model_errc::quota_exceeded);
  CHECK(events.empty());
  reader.read(R"({"type":"response.completed","response":{"id":"r"}})", events);
  CHECK(reader.is_completed());
  CHECK(!reader.remembered_error());
}

SCENARIO("nothing is read after the completion") {
  response_reader reader;
  std::vector<model_event> events;
  reader.read(R"({"type":"response.completed","response":{"id":"r"}})", events);
  reader.read(R"({"type":"response.output_text.delta","delta":"late"})", events);
  reader.read(R"({"type":"response.failed","response":{"error":{}}})", events);
  CHECK_EQ(events.size(), 1u);
  CHECK(!reader.remembered_error());
}

SCENARIO("a failure without a readable error has a text of its own") {
  for (const std::string_view rest :
       {"", R"(,"response":null)", R"(,"response":{})", R"(,"response":{"error":null})",
        R"(,"response":{"error":"bad"})", R"(,"response":{"error":[]})",
        R"(,"response":{"error":{"message":5}})", R"(,"response":{"error":{"resets_at":"soon"}})",
        R"(,"response":[])"}) {
    CHECK_EQ(error_of(R"({"type":"response.failed")" + std::string{rest} + "}"),
             "stream disconnected before completion: response.failed event received");
  }
}

SCENARIO("a response gets further by what it says, not by signs of life") {
  response_reader reader{troupe::model_client::event_source::websocket};
  std::vector<model_event> events;
  const auto own = [&](std::string_view type, std::string_view rest) {
    const auto before = reader.own_events();
    reader.read(R"({"type":"response.)" + std::string{type} + "\"," + std::string{rest} + "}",
                events);
    return reader.own_events() > before;
  };
  struct line {
    std::string_view type;
    std::string_view rest;
    bool counts = false;
  };
  constexpr std::string_view empty_message = R"("item":{"type":"message","role":"assistant",)"
                                             R"("content":[{"type":"output_text","text":""}]})";
  constexpr std::string_view call =
    R"("item":{"type":"function_call","name":"f","arguments":"{}","call_id":"c"})";
  for (const auto& [type, rest, counts] : std::initializer_list<line>{
         {"created", R"("response":{})", true},
         {"created", R"("response":{})"},
         {"in_progress", R"("response":{})"},
         {"never_heard_of", R"("delta":"a")"},
         {"output_text.delta", R"("delta":"a")", true},
         {"output_text.delta", R"("delta":" ")", true},
         {"output_text.delta", R"("delta":"")"},
         {"output_text.delta", R"("item_id":"m")"},
         {"reasoning_text.delta", R"("delta":"","content_index":0)"},
         {"reasoning_summary_text.delta", R"("delta":"","summary_index":0)"},
         {"function_call_arguments.delta", R"("delta":"{")", true},
         {"function_call_arguments.delta", R"("delta":"")"},
         {"function_call_arguments.delta", R"("delta":5)"},
         {"custom_tool_call_input.delta", R"("item_id":"m","delta":"x")", true},
         {"custom_tool_call_input.delta", R"("item_id":"m")"},
         {"function_call_arguments.done", R"("arguments":"{}")"},
         {"output_text.done", R"("text":"a")"},
         {"content_part.added", R"("item_id":"m")"},
         {"reasoning_summary_part.added", R"("summary_index":0)"},
         {"web_search_call.in_progress", R"("item_id":"w")"},
         {"output_item.added", R"("item":{"type":"message","role":"assistant","content":[]})"},
         {"output_item.added", call},
         {"output_item.done", call, true},
         {"output_item.done", R"("item":null)"},
         {"output_item.done", R"("item":{"type":"zzz"})"},
         {"output_item.done", R"("item":{"type":"message","role":"assistant","content":[]})"},
         {"output_item.done", empty_message},
         {"output_item.done",
          R"("item":{"type":"message","role":"assistant",)"
          R"("content":[{"type":"output_text","text":"a"}]})",
          true},
         {"output_item.done", R"("item":{"type":"reasoning","id":"r","summary":[]})"},
         {"output_item.done",
          R"("item":{"type":"reasoning","id":"r","summary":[],)"
          R"("encrypted_content":"x"})",
          true},
         {"failed", R"("response":{})", true},
         {"failed", R"("response":{})"},
         {"incomplete", R"("response":{})"},
         {"completed", "\"response\":{}"}, // without an id it completes nothing
       }) {
    CAF_MESSAGE(type << " " << rest);
    CHECK_EQ(own(type, rest), counts);
  }
  const auto before = reader.own_events();
  for (const auto* sign : {"garbage", R"({"type":"keepalive"})", R"({"type":"ping"})",
                           R"({"type":"codex.rate_limits","rate_limits":{}})"})
    reader.read(sign, events);
  CHECK_EQ(reader.own_events(), before);
}
