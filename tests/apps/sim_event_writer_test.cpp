#define CAF_SUITE sim_event_writer
#include <caf/test/bdd_dsl.hpp>

#include "apps/sim/event_writer.hpp"
#include "net/wire/sse_parser.hpp"

#include <boost/json.hpp>

#include <string>
#include <vector>

using namespace troupe::sim;
namespace json = boost::json;

namespace {

std::vector<json::object> events_of(const written_events& x) {
  troupe::net::sse_parser parser;
  std::vector<troupe::net::sse_event> events;
  parser.feed(x.text, events);
  std::vector<json::object> result;
  for (const auto& event : events) {
    result.push_back(json::parse(event.data).as_object());
    // The name is for telemetry, the field counts (contract responses-client, 6.1).
    CHECK_EQ(event.name, result.back().at("type").as_string());
    CHECK_EQ(result.back().at("sequence_number").as_int64(),
             static_cast<std::int64_t>(result.size()) - 1);
  }
  CHECK_EQ(result.size(), x.list.size());
  return result;
}

std::vector<std::string> types_of(const std::vector<json::object>& events) {
  std::vector<std::string> result;
  for (const auto& event : events)
    result.emplace_back(event.at("type").as_string());
  return result;
}

std::string joined_deltas(const std::vector<json::object>& events, std::string_view type) {
  std::string result;
  for (const auto& event : events)
    if (event.at("type").as_string() == type)
      result += event.at("delta").as_string();
  return result;
}

std::string text_at(const json::object& x, std::string_view pointer) {
  return std::string{json::value(x).at_pointer(pointer).as_string()};
}

using texts = std::vector<std::string>;

} // namespace

SCENARIO("a message is written with its deltas and its whole text") {
  event_writer out{"id", 8};
  out.open();
  out.message("héllo \"world\"", "commentary");
  out.complete(nullptr);
  const auto events = events_of(out.written());
  CHECK_EQ(types_of(events), (texts{"response.created", "response.in_progress",
                                    "response.output_item.added", "response.content_part.added",
                                    "response.output_text.delta", "response.output_text.delta",
                                    "response.output_text.done", "response.content_part.done",
                                    "response.output_item.done", "response.completed"}));
  CHECK_EQ(joined_deltas(events, "response.output_text.delta"), "héllo \"world\"");
  CHECK_EQ(text_at(events[8], "/item/content/0/text"), "héllo \"world\"");
  CHECK_EQ(text_at(events[8], "/item/phase"), "commentary");
  CHECK_EQ(text_at(events[8], "/item/role"), "assistant");
  CHECK_EQ(text_at(events[8], "/item/id"), "msg_id_0");
  CHECK_EQ(text_at(events[0], "/response/id"), "resp_id");
  CHECK_EQ(text_at(events[9], "/response/id"), "resp_id");
  CHECK(events[9].at("response").as_object().at("usage").is_null());
  CHECK_EQ(out.written().output_bytes, 14u);
  CHECK_EQ(out.written().list[4].text_bytes, 8u);
}

SCENARIO("deltas are cut between characters, however small they are") {
  event_writer out{"id", 1};
  out.message("😀€é", "");
  CHECK_EQ(joined_deltas(events_of(out.written()), "response.output_text.delta"), "😀€é");
}

SCENARIO("an empty message has no delta") {
  event_writer out{"id", 16};
  out.message("", "");
  const auto events = events_of(out.written());
  CHECK_EQ(events.size(), 5u);
  CHECK_EQ(text_at(events[4], "/item/content/0/text"), "");
}

SCENARIO("reasoning carries its summary parts, its content and something opaque") {
  event_writer out{"id", 100};
  out.reasoning({"part one", "part two"}, "raw thoughts");
  const auto events = events_of(out.written());
  CHECK_EQ(joined_deltas(events, "response.reasoning_summary_text.delta"), "part onepart two");
  CHECK_EQ(joined_deltas(events, "response.reasoning_text.delta"), "raw thoughts");
  const auto& item = events.back();
  CHECK_EQ(text_at(item, "/item/summary/1/text"), "part two");
  CHECK_EQ(text_at(item, "/item/content/0/text"), "raw thoughts");
  CHECK(!text_at(item, "/item/encrypted_content").empty());
  CHECK_EQ(events[5].at("summary_index").as_int64(), 1);
  CHECK_EQ(out.written().reasoning_bytes, 28u);
  CHECK_EQ(out.written().output_bytes, 28u);
}

SCENARIO("reasoning without content has no such field") {
  event_writer out{"id", 100};
  out.reasoning({}, "");
  const auto item = events_of(out.written()).back().at("item").as_object();
  CHECK(!item.contains("content"));
  CHECK(item.at("summary").as_array().empty());
}

SCENARIO("calls carry the name, the text and an id of their own") {
  event_writer out{"id", 4};
  out.function_call("exec_command", R"({"cmd":"ls"})");
  out.custom_call("apply_patch", "*** Begin Patch\n");
  const auto events = events_of(out.written());
  const auto& function = events[3];
  CHECK_EQ(text_at(function, "/item/type"), "function_call");
  CHECK_EQ(text_at(function, "/item/name"), "exec_command");
  CHECK_EQ(text_at(function, "/item/arguments"), R"({"cmd":"ls"})");
  CHECK_EQ(text_at(function, "/item/call_id"), "call_id_0");
  CHECK_EQ(joined_deltas(events, "response.function_call_arguments.delta"), R"({"cmd":"ls"})");
  const auto& custom = events.back();
  CHECK_EQ(text_at(custom, "/item/type"), "custom_tool_call");
  CHECK_EQ(text_at(custom, "/item/input"), "*** Begin Patch\n");
  CHECK_EQ(text_at(custom, "/item/call_id"), "call_id_1");
  CHECK_EQ(custom.at("output_index").as_int64(), 1);
}

SCENARIO("local shell calls and searches are written as the contract has them") {
  event_writer out{"id", 16};
  out.local_shell_call({"bash", "-lc", "echo \"x\""});
  out.web_search("news");
  const auto events = events_of(out.written());
  CHECK_EQ(text_at(events[0], "/item/type"), "local_shell_call");
  CHECK_EQ(text_at(events[0], "/item/status"), "completed");
  CHECK_EQ(text_at(events[0], "/item/action/type"), "exec");
  CHECK_EQ(text_at(events[0], "/item/action/command/2"), "echo \"x\"");
  CHECK_EQ(text_at(events[2], "/item/action/query"), "news");
}

SCENARIO("a raw event is sent as it is, line by line") {
  event_writer out{"id", 16};
  out.raw_event("[DONE]");
  out.raw_event("two\nlines");
  CHECK_EQ(out.written().text, "data: [DONE]\n\ndata: two\ndata: lines\n\n");
}

SCENARIO("usage is written in full") {
  event_writer out{"id", 16};
  const usage_figures figures{100, 20, 10, 5};
  out.complete(&figures);
  CHECK_EQ(json::serialize(events_of(out.written())[0].at("response").at("usage")),
           R"({"input_tokens":100,"input_tokens_details":{"cached_tokens":20},"output_tokens":10,)"
           R"("output_tokens_details":{"reasoning_tokens":5},"total_tokens":110})");
}

SCENARIO("a writer goes on where another one stopped") {
  event_writer whole{"id", 16};
  whole.open();
  whole.message("one", "");
  whole.message("two", "");
  event_writer front{"id", 16};
  front.open();
  front.message("one", "");
  event_writer rest{"id", 16, std::move(front).release()};
  rest.message("two", "");
  CHECK(rest.written() == whole.written());
}
