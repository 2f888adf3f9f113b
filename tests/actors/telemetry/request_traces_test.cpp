#define CAF_SUITE request_traces
#include <caf/test/bdd_dsl.hpp>

#include "actors/telemetry/watches.hpp"
#include "tests/actors/model_client/model_client_fixture.hpp"
#include "tests/actors/model_client/ws_peer.hpp"

#include <string>
#include <vector>

using namespace std::literals;
using namespace troupe;
using namespace troupe::testing;
using telemetry::span;
using telemetry::span_status;

namespace {

/// A real model client whose requests are watched; what would be exported stays in the intake.
struct fixture : model_client_fixture {
  std::shared_ptr<telemetry::intake> intake = std::make_shared<telemetry::intake>(1);
  std::unique_ptr<model_client::observer> watch;
  thread_id thread = request().thread;

  void watch_for(telemetry::span_wish spans, std::optional<telemetry::log_identity> logs = {}) {
    watch = telemetry::watch_requests(
      {.intake = intake, .wake = [] {}, .spans = spans, .logs = std::move(logs)});
    deps.observer = watch.get();
  }

  fixture() { watch_for(telemetry::span_wish::wanted); }

  ~fixture() {
    if (deps.observer != nullptr)
      stop_client(); // before the watch goes
  }

  open_stream in_turn(std::string turn, model_transport transport = model_transport::http) {
    auto x = stream(1);
    x.request.origin.turn = std::move(turn);
    x.request.origin.transport = transport;
    return x;
  }

  /// The client has ended and nothing more comes.
  std::vector<span> all_spans() {
    stop_client();
    return intake->spans.take_all();
  }

  static std::string traceparent(const net::server_request& x) {
    return std::string{x.headers.find("traceparent").value_or("")};
  }

  static std::string traceparent(const span& x) {
    return "00-" + model_client::hexadecimal(x.trace) + '-' + model_client::hexadecimal(x.id) +
           "-01";
  }

  static std::int64_t number(const span& x, std::string_view key) {
    for (const auto& a : x.attributes)
      if (a.key == key)
        return std::get<std::int64_t>(a.value);
    return -1;
  }

  static std::string text(const span& x, std::string_view key) {
    for (const auto& a : x.attributes)
      if (a.key == key)
        return std::get<std::string>(a.value);
    return {};
  }
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("each attempt carries the ids of its own span, below the turn's") {
  scripted_peer peer{{plain_answer(503, "busy"), reply_answer("hello")}};
  add_provider(peer.base_url()).request_max_retries = 1;
  const auto turn = intake->traces.turn(thread, "t1");
  open(in_turn("t1"));
  CHECK(finish(1).has_ended_well());
  const auto spans = all_spans();
  const auto requests = peer.requests();
  REQUIRE_EQ(spans.size(), 2u);
  REQUIRE_EQ(requests.size(), 2u);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK_EQ(traceparent(requests[i]), traceparent(spans[i]));
    CHECK(spans[i].trace == turn.trace);
    CHECK(spans[i].parent == turn.span);
    CHECK_EQ(number(spans[i], "http.request.resend_count"), static_cast<std::int64_t>(i));
  }
  CHECK(spans[0].id != spans[1].id);
  CHECK(spans[0].status == span_status::error);
  CHECK_EQ(text(spans[0], "error.type"), "503");
  CHECK(spans[1].status == span_status::ok);
  CHECK_EQ(number(spans[1], "gen_ai.usage.input_tokens"), 100);
  CHECK_EQ(number(spans[1], "gen_ai.usage.output_tokens"), 10);
}

SCENARIO("the span of a request ends with its stream, not with the head of the response") {
  scripted_peer peer{{stream_answer({created_event(), gate{}, completed_event()})}};
  add_provider(peer.base_url());
  open(in_turn("t1"));
  while (record(1).events.size() < 2 && receive_one()) {
  }
  const auto seen = std::chrono::system_clock::now();
  CHECK(intake->spans.take_all().empty());
  peer.open_gate();
  CHECK(finish(1).has_ended_well());
  const auto spans = all_spans();
  REQUIRE_EQ(spans.size(), 1u);
  CHECK(spans[0].begin <= seen);
  CHECK(spans[0].end >= seen);
}

SCENARIO("a stream that breaks marks its span") {
  scripted_peer peer{{stream_answer({created_event()}, scripted_answer::ending::cut)}};
  add_provider(peer.base_url());
  open(in_turn("t1"));
  CHECK(!finish(1).has_ended_well());
  const auto spans = all_spans();
  REQUIRE_EQ(spans.size(), 1u);
  CHECK(spans[0].status == span_status::error);
  CHECK_EQ(number(spans[0], "http.response.status_code"), 200);
  CHECK(!text(spans[0], "error.type").empty());
}

SCENARIO("a response that fails marks its span with the kind of failure, not with its text") {
  scripted_peer peer{{stream_answer(
    {sse(R"({"type":"response.failed","response":{"error":{"code":"x","message":"secret"}}})")})}};
  add_provider(peer.base_url());
  open(in_turn("t1"));
  CHECK(!finish(1).has_ended_well());
  const auto spans = all_spans();
  REQUIRE_EQ(spans.size(), 1u);
  CHECK_EQ(text(spans[0], "error.type"), "stream");
}

SCENARIO("a request that is cancelled has a span, too") {
  scripted_peer peer{{stream_answer({created_event()}, scripted_answer::ending::stall)}};
  add_provider(peer.base_url());
  const auto operation = open(in_turn("t1"));
  while (record(1).events.empty() && receive_one()) {
  }
  cancel(operation);
  finish(1);
  const auto spans = all_spans();
  REQUIRE_EQ(spans.size(), 1u);
  CHECK(spans[0].status == span_status::error);
}

SCENARIO("a handshake carries the span of the request that it is made for") {
  ws_peer peer{{{.replies = {{.texts = {ws_completed("r")}}}}}};
  add_provider(peer.base_url());
  const auto turn = intake->traces.turn(thread, "t1");
  open(in_turn("t1", model_transport::websocket_v2));
  CHECK(finish(1).has_ended_well());
  const auto spans = all_spans();
  REQUIRE_EQ(spans.size(), 1u);
  REQUIRE_EQ(peer.handshakes().size(), 1u);
  CHECK_EQ(traceparent(peer.handshakes()[0]), traceparent(spans[0]));
  CHECK(spans[0].parent == turn.span);
  CHECK(spans[0].status == span_status::ok);
  CHECK_EQ(text(spans[0], "transport"), "websocket_v2");
  CHECK_EQ(peer.messages()[0].find("traceparent"), std::string::npos);
}

SCENARIO("a refused handshake and the request over HTTP after it are two spans") {
  ws_peer peer{{{.status = 426}}, created_event() + completed_event()};
  add_provider(peer.base_url());
  open(in_turn("t1", model_transport::websocket_v1));
  CHECK(finish(1).has_ended_well());
  const auto spans = all_spans();
  REQUIRE_EQ(spans.size(), 2u);
  CHECK_EQ(number(spans[0], "http.response.status_code"), 426);
  CHECK(spans[0].status == span_status::error);
  CHECK_EQ(traceparent(peer.posts()[0]), traceparent(spans[1]));
  CHECK_EQ(text(spans[1], "transport"), "http");
}

SCENARIO("the requests of a compaction belong to its turn, in one piece or as a stream") {
  scripted_peer peer{{plain_answer(200, R"({"output":[]})"), reply_answer("summary")}};
  add_provider(peer.base_url());
  const auto turn = intake->traces.turn(thread, "t1");
  compact_history x;
  x.thread = thread;
  x.provider = "mock";
  x.model = "gpt";
  x.input = {shared_text{"{}"}};
  x.turn = "t1";
  CHECK(!ask<compacted_history>(std::move(x)).error);
  open(in_turn("t1/compaction-1"));
  CHECK(finish(1).has_ended_well());
  const auto spans = all_spans();
  REQUIRE_EQ(spans.size(), 2u);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK_EQ(traceparent(peer.requests()[i]), traceparent(spans[i]));
    CHECK(spans[i].parent == turn.span);
  }
}

SCENARIO("without spans nothing is sent along, and log events tell of the request") {
  watch_for(telemetry::span_wish::unwanted, telemetry::log_identity{.version = "1"});
  scripted_peer peer{{reply_answer("secret answer")}};
  add_provider(peer.base_url());
  open(in_turn("t1"));
  CHECK(finish(1).has_ended_well());
  CHECK(all_spans().empty());
  CHECK(!peer.requests()[0].headers.contains("traceparent"));
  std::vector<std::string_view> names;
  for (const auto& x : intake->logs.take_all())
    names.push_back(x.name);
  CHECK((names == std::vector<std::string_view>{"codex.api_request", "codex.sse_event",
                                                "codex.sse_event", "codex.sse_event",
                                                "codex.sse_event"}));
}

SCENARIO("a stream that breaks is told once as an event, with a few words of ours") {
  watch_for(telemetry::span_wish::unwanted, telemetry::log_identity{});
  scripted_peer peer{{stream_answer(
    {sse(R"({"type":"response.failed","response":{"error":{"code":"x","message":"secret"}}})")})}};
  add_provider(peer.base_url());
  open(in_turn("t1"));
  CHECK(!finish(1).has_ended_well());
  stop_client();
  std::vector<std::string> errors;
  for (const auto& x : intake->logs.take_all())
    for (const auto& a : x.attributes)
      if (a.key == "error.message")
        errors.push_back(std::get<std::string>(a.value));
  CHECK((errors == std::vector<std::string>{"stream"}));
}

END_FIXTURE_SCOPE()

SCENARIO("a tool call is a span from its start to its answer, whatever tool it is") {
  const auto intake = std::make_shared<telemetry::intake>(1);
  int woken = 0;
  const auto watch = telemetry::watch_tools(intake, [&woken] { ++woken; });
  run_tool call;
  call.thread = {{1}};
  call.turn = "t1";
  call.call_id = "c1";
  call.name = "view_image";
  call.arguments = "secret";
  const auto ended = watch(call);
  call.call_id = "c2";
  call.name = std::string(1000, 'n');
  const auto other = watch(call);
  const auto never = watch(call);
  CHECK(intake->spans.take_all().empty());
  ended(codex_thread::tool_outcome::succeeded);
  other(codex_thread::tool_outcome::failed);
  CHECK_EQ(woken, 1);
  const auto spans = intake->spans.take_all();
  REQUIRE_EQ(spans.size(), 2u);
  CHECK_EQ(spans[0].name, "tool");
  CHECK(spans[0].status == span_status::ok);
  CHECK(spans[0].id == intake->traces.tool(call.thread, "t1", "c1").span);
  CHECK(spans[0].parent == intake->traces.turn(call.thread, "t1").span);
  CHECK(spans[0].end >= spans[0].begin);
  CHECK(
    (spans[0].attributes == std::vector<telemetry::attribute>{{"thread.id", to_string(call.thread)},
                                                              {"turn.id", "t1"s},
                                                              {"tool.name", "view_image"s},
                                                              {"tool.call_id", "c1"s}}));
  CHECK(spans[1].status == span_status::error);
  CHECK_EQ(std::get<std::string>(spans[1].attributes[2].value).size(),
           telemetry::max_outside_bytes);
}
