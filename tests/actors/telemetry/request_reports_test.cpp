#define CAF_SUITE request_reports
#include <caf/test/bdd_dsl.hpp>

#include "actors/telemetry/otlp_json.hpp"
#include "actors/telemetry/request_reports.hpp"

#include <string>

using namespace std::literals;
using namespace troupe;
using namespace troupe::telemetry;

namespace {

constexpr log_record::time_point now{1770455704120ms}; // 2026-02-07T09:15:04.120Z

model_client::call_facts facts() {
  model_client::call_facts x{.thread = *parse_thread_id("019c3c5e-0000-7000-8000-000000000000"),
                             .provider = "mock",
                             .model = "gpt"};
  x.turn = "t1";
  x.login = login_mode::chatgpt;
  x.account = "acc";
  x.trace = model_client::trace_context{
    .trace = {1}, .span = {2}, .parent = std::array<std::uint8_t, 8>{3}};
  return x;
}

const request_logs logs{
  {.version = "1.2", .originator = "codex_exec", .terminal = "xterm", .email = "a@b.c"}};

/// One "key=value" per line.
std::string text_of(const std::vector<attribute>& xs) {
  std::string result;
  for (const auto& x : xs) {
    result.append(x.key) += '=';
    if (const auto* text = std::get_if<std::string>(&x.value))
      result += *text;
    else if (const auto* number = std::get_if<std::int64_t>(&x.value))
      result += std::to_string(*number);
    else
      result += std::get<bool>(x.value) ? "true" : "false";
    result += '\n';
  }
  return result;
}

const std::string common_tail = "2026-02-07T09:15:04.120Z\n"
                                "conversation.id=019c3c5e-0000-7000-8000-000000000000\n"
                                "app.version=1.2\n"
                                "auth_mode=chatgpt\n"
                                "originator=codex_exec\n"
                                "user.account_id=acc\n"
                                "user.email=a@b.c\n"
                                "terminal.type=xterm\n"
                                "model=gpt\n"
                                "slug=gpt\n";

std::string common(std::string_view name) {
  return "event.name=" + std::string{name} + "\nevent.timestamp=" + common_tail;
}

} // namespace

SCENARIO("the span of an attempt has its place, its time, its status and its usage") {
  const auto x = request_span(
    facts(),
    {.attempt = 2, .status = 200, .usage = token_usage{100, 20, 10, 5, 110}, .duration = 30ms},
    now);
  CHECK(x.trace == trace_id{1});
  CHECK(x.id == span_id{2});
  CHECK(x.parent == span_id{3});
  CHECK_EQ(x.name, "model_request");
  CHECK(x.kind == span_kind::client);
  CHECK(x.status == span_status::ok);
  CHECK(x.begin == now - 30ms);
  CHECK(x.end == now);
  CHECK_EQ(text_of(x.attributes), "thread.id=019c3c5e-0000-7000-8000-000000000000\n"
                                  "turn.id=t1\n"
                                  "gen_ai.provider.name=mock\n"
                                  "gen_ai.request.model=gpt\n"
                                  "transport=http\n"
                                  "http.response.status_code=200\n"
                                  "http.request.resend_count=2\n"
                                  "gen_ai.usage.input_tokens=100\n"
                                  "gen_ai.usage.cached_input_tokens=20\n"
                                  "gen_ai.usage.output_tokens=10\n"
                                  "gen_ai.usage.reasoning_output_tokens=5\n");
}

SCENARIO("an attempt that fails marks its span, with the status or a word for why") {
  auto x = request_span(facts(), {.status = 503}, now);
  CHECK(x.status == span_status::error);
  CHECK(x.attributes.back() == (attribute{"error.type", "503"s}));
  x = request_span(facts(), {.status = 200, .error = "stream"}, now);
  CHECK(x.status == span_status::error);
  CHECK(x.attributes.back() == (attribute{"error.type", "stream"s}));
  auto over_websocket = facts();
  over_websocket.transport = model_transport::websocket_v2;
  x = request_span(over_websocket, {.error = "timeout"}, now);
  CHECK(text_of(x.attributes).find("transport=websocket_v2\n") != std::string::npos);
  CHECK_EQ(text_of(x.attributes).find("status_code"), std::string::npos);
}

SCENARIO("an HTTP attempt is a log event") {
  const auto x = logs.request(
    facts(), {.attempt = 1, .status = 503, .error = "broken off", .duration = 1500us}, now);
  CHECK_EQ(x.name, "codex.api_request");
  CHECK(x.at == now);
  CHECK(x.trace == trace_id{1});
  CHECK(x.span == span_id{2});
  CHECK_EQ(text_of(x.attributes), common("codex.api_request") +
                                    "duration_ms=1\nhttp.response.status_code=503\n"
                                    "error.message=broken off\nattempt=1\n");
}

SCENARIO("an event of a stream is a log event, over either transport") {
  CHECK_EQ(
    text_of(logs.sse_event(facts(), {.kind = "response.created", .duration = 2ms}, now).attributes),
    common("codex.sse_event") + "event.kind=response.created\nduration_ms=2\n");
  CHECK_EQ(
    text_of(logs
              .ws_event(facts(),
                        {.kind = "unknown", .is_success = false, .error = "idle", .duration = 2ms},
                        now)
              .attributes),
    common("codex.websocket_event") +
      "event.kind=unknown\nduration_ms=2\nsuccess=false\nerror.message=idle\n");
  CHECK_EQ(text_of(logs.ws_request(facts(), {.duration = 2ms}, now).attributes),
           common("codex.websocket_request") + "duration_ms=2\nsuccess=true\n");
}

SCENARIO("a complete response tells what it used, a broken one why") {
  CHECK_EQ(text_of(logs.completed(facts(), {100, 20, 10, 5, 110}, now).attributes),
           common("codex.sse_event") +
             "event.kind=response.completed\ninput_token_count=100\noutput_token_count=10\n"
             "cached_token_count=20\nreasoning_token_count=5\ntool_token_count=110\n");
  CHECK_EQ(text_of(logs.broken(facts(), {.status = 200, .error = "stream"}, now).attributes),
           common("codex.sse_event") + "event.kind=response.completed\nerror.message=stream\n");
}

SCENARIO("without a login, an account and a thread nothing is told of them") {
  const auto x = request_logs{{.email = "a@b.c"}}.request({}, {}, now);
  CHECK_EQ(text_of(x.attributes), "event.name=codex.api_request\n"
                                  "event.timestamp=2026-02-07T09:15:04.120Z\n"
                                  "duration_ms=0\nattempt=0\n");
  CHECK(!x.trace);
}

SCENARIO("a kind that a server made up is cut") {
  const auto x = logs.sse_event(facts(), {.kind = std::string(10'000, 'k')}, now);
  CHECK(otlp_json({}, std::span{&x, 1}).size() < 2'000u);
}
