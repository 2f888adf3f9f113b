#define CAF_SUITE request_body
#include <caf/test/bdd_dsl.hpp>

#include "actors/model_client/request_body.hpp"

#include <algorithm>

using namespace troupe;
using namespace troupe::model_client;

namespace {

constexpr std::string_view item =
  R"({"type":"message","role":"user","content":[{"type":"input_text","text":"hi"}]})";

model_request plain_request() {
  model_request x;
  x.thread = *parse_thread_id("019c3c5e-0000-7000-8000-000000000000");
  x.model = "gpt-5.2-codex";
  x.instructions_json = shared_text{R"("Be \"brief\".")"};
  x.tools_json = shared_text{R"([{"type":"local_shell"}])"};
  x.input = {shared_text{std::string{item}}};
  return x;
}

std::string text(const model_request& x, store_response store = store_response::no) {
  std::string result;
  for (const auto& piece : request_body(x, {.store = store}))
    result += *piece;
  return result;
}

} // namespace

SCENARIO("a body has all fields that are always sent") {
  CHECK_EQ(text(plain_request()),
           R"({"model":"gpt-5.2-codex","instructions":"Be \"brief\".","input":[)"
           R"({"type":"message","role":"user","content":[{"type":"input_text","text":"hi"}]}],)"
           R"("tools":[{"type":"local_shell"}],"tool_choice":"auto","parallel_tool_calls":false,)"
           R"("reasoning":null,"store":false,"stream":true,"include":[],)"
           R"("prompt_cache_key":"019c3c5e-0000-7000-8000-000000000000"})");
}

SCENARIO("a body with everything has everything") {
  auto x = plain_request();
  x.parallel_tool_calls = true;
  x.reasoning = true;
  x.effort = reasoning_effort::xhigh;
  x.summary = reasoning_summary::automatic;
  x.verbosity = verbosity::low;
  x.output_schema_json = shared_text{R"({"type":"object"})"};
  x.input.push_back(shared_text{R"({"type":"compaction","encrypted_content":"c"})"});
  CHECK_EQ(text(x, store_response::yes),
           R"({"model":"gpt-5.2-codex","instructions":"Be \"brief\".","input":[)"
           R"({"type":"message","role":"user","content":[{"type":"input_text","text":"hi"}]},)"
           R"({"type":"compaction","encrypted_content":"c"}],)"
           R"("tools":[{"type":"local_shell"}],"tool_choice":"auto","parallel_tool_calls":true,)"
           R"("reasoning":{"effort":"xhigh","summary":"auto"},"store":true,"stream":true,)"
           R"("include":["reasoning.encrypted_content"],)"
           R"("prompt_cache_key":"019c3c5e-0000-7000-8000-000000000000",)"
           R"("text":{"verbosity":"low","format":{"type":"json_schema","strict":true,)"
           R"("schema":{"type":"object"},"name":"codex_output_schema"}}})");
}

SCENARIO("what is empty is sent as empty") {
  model_request x;
  x.model = "m";
  CHECK_EQ(text(x), R"({"model":"m","instructions":"","input":[],"tools":[],"tool_choice":"auto",)"
                    R"("parallel_tool_calls":false,"reasoning":null,"store":false,"stream":true,)"
                    R"("include":[],"prompt_cache_key":"00000000-0000-0000-0000-000000000000"})");
}

SCENARIO("the reasoning object has what is set") {
  const auto reasoning = [](std::optional<reasoning_effort> effort,
                            std::optional<reasoning_summary> summary) {
    auto x = plain_request();
    x.reasoning = true;
    x.effort = effort;
    x.summary = summary;
    const auto body = text(x);
    const auto start = body.find(R"("reasoning":)");
    return body.substr(start, body.find(R"(,"store")") - start);
  };
  CHECK_EQ(reasoning({}, {}), R"("reasoning":{})");
  CHECK_EQ(reasoning({}, reasoning_summary::none), R"("reasoning":{})");
  CHECK_EQ(reasoning(reasoning_effort::none, reasoning_summary::detailed),
           R"("reasoning":{"effort":"none","summary":"detailed"})");
  CHECK_EQ(reasoning(reasoning_effort::minimal, reasoning_summary::concise),
           R"("reasoning":{"effort":"minimal","summary":"concise"})");
}

SCENARIO("a model without reasoning gets no effort") {
  auto x = plain_request();
  x.effort = reasoning_effort::high;
  x.summary = reasoning_summary::automatic;
  CHECK(text(x).find(R"("reasoning":null)") != std::string::npos);
}

SCENARIO("the parts of the text object are independent") {
  auto x = plain_request();
  x.verbosity = verbosity::high;
  CHECK(text(x).ends_with(R"(,"text":{"verbosity":"high"}})"));
  x.verbosity.reset();
  x.output_schema_json = shared_text{"{}"};
  CHECK(text(x).ends_with(R"(,"text":{"format":{"type":"json_schema","strict":true,)"
                          R"("schema":{},"name":"codex_output_schema"}}})"));
}

SCENARIO("a model's name is quoted") {
  auto x = plain_request();
  x.model = "a\"b";
  CHECK(text(x).starts_with(R"({"model":"a\"b",)"));
}

SCENARIO("an item without text leaves no hole") {
  auto x = plain_request();
  x.input = {shared_text{}, shared_text{"{}"}, shared_text{}, shared_text{"{}"}, shared_text{}};
  CHECK(text(x).find(R"("input":[{},{}],)") != std::string::npos);
}

SCENARIO("the texts of a request are shared, not copied, and so is what stands between them") {
  auto x = plain_request();
  x.input.push_back(shared_text{"{}"});
  const auto body = request_body(x, {});
  const auto holds = [&body](const shared_text& text) {
    return std::ranges::find(body, text.pointer()) != body.end();
  };
  CHECK(holds(x.instructions_json));
  CHECK(holds(x.tools_json));
  CHECK(holds(x.input[0]));
  CHECK(holds(x.input[1]));
  const auto again = request_body(x, {});
  REQUIRE_EQ(body.size(), again.size());
  for (std::size_t i = 1; i + 1 < body.size(); ++i) {
    CHECK(body[i] == again[i]);
  }
}

SCENARIO("a configured service tier is sent") {
  auto x = plain_request();
  x.service_tier = "flex";
  CHECK(text(x).find(R"("include":[],"service_tier":"flex","prompt_cache_key":)") !=
        std::string::npos);
}

SCENARIO("Azure is told the ids of items, of the types that have any there") {
  auto x = plain_request();
  x.input = {shared_text{R"({"type":"message","role":"user","content":[]})"},
             shared_text{R"({"type":"reasoning","summary":[]})"},
             shared_text{R"({"type":"function_call_output","call_id":"c","output":"o"})"},
             shared_text{R"({"type":"function_call","name":"f"})"}};
  x.input_ids = {"", "rs_1", "out_1", "a\"b"};
  CHECK(text(x, store_response::yes)
          .find(R"("input":[{"type":"message","role":"user","content":[]},)"
                R"({"id":"rs_1","type":"reasoning","summary":[]},)"
                R"({"type":"function_call_output","call_id":"c","output":"o"},)"
                R"({"id":"a\"b","type":"function_call","name":"f"}],)") != std::string::npos);
  CHECK(text(x).find("rs_1") == std::string::npos);
}

SCENARIO("fewer ids than items leave the rest without") {
  auto x = plain_request();
  x.input.push_back(shared_text{R"({"type":"message"})"});
  x.input_ids = {"msg_1"};
  const auto body = text(x, store_response::yes);
  CHECK(body.find(R"("input":[{"id":"msg_1","type":"message")") != std::string::npos);
  CHECK(body.find(R"(,{"type":"message"}],)") != std::string::npos);
}

SCENARIO("a compaction request has the history and nothing of a turn") {
  compact_history x;
  x.model = "gpt-5.2-codex";
  x.instructions_json = shared_text{R"("Be brief.")"};
  x.input = {shared_text{std::string{item}}, shared_text{}, shared_text{"{}"}};
  std::string body;
  for (const auto& piece : compact_body(x))
    body += *piece;
  CHECK_EQ(body,
           R"({"model":"gpt-5.2-codex","input":[)"
           R"({"type":"message","role":"user","content":[{"type":"input_text","text":"hi"}]},{}],)"
           R"("instructions":"Be brief."})");
}

SCENARIO("a request for memory summaries has the traces with their items") {
  summarise_traces x;
  x.model = "m";
  x.traces = {{.id = "trace_1_a", .source_path = "/x/a.jsonl", .items = {shared_text{"{}"}}},
              {.id = "trace_2_b",
               .source_path = "/x/\"b",
               .items = {shared_text{R"({"a":1})"}, shared_text{"{}"}}}};
  const auto text_of = [&x] {
    std::string body;
    for (const auto& piece : traces_body(x))
      body += *piece;
    return body;
  };
  const std::string traces =
    R"({"model":"m","traces":[)"
    R"({"id":"trace_1_a","metadata":{"source_path":"/x/a.jsonl"},"items":[{}]},)"
    R"({"id":"trace_2_b","metadata":{"source_path":"/x/\"b"},"items":[{"a":1},{}]}])";
  CHECK_EQ(text_of(), traces + "}");
  x.effort = reasoning_effort::medium;
  CHECK_EQ(text_of(), traces + R"(,"reasoning":{"effort":"medium"}})");
}
