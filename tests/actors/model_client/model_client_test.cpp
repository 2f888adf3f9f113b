#define CAF_SUITE model_client
#include <caf/test/bdd_dsl.hpp>

#include "tests/actors/model_client/model_client_fixture.hpp"

#include <algorithm>

using namespace std::literals;
using namespace troupe;
using namespace troupe::testing;

namespace {

using fixture = model_client_fixture;

template <class Event>
std::size_t count(const stream_record& x) {
  return static_cast<std::size_t>(std::ranges::count_if(
    x.events, [](const model_event& e) { return std::holds_alternative<Event>(e); }));
}

std::string header(const net::server_request& x, std::string_view name) {
  return std::string{x.headers.find(name).value_or("")};
}

constexpr std::string_view disconnected = "stream disconnected before completion: ";

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("a stream delivers the response and ends") {
  scripted_peer peer{{reply_answer("hello")}};
  add_provider(peer.base_url());
  const auto& x = run();
  CHECK(x.has_ended_well());
  REQUIRE_EQ(x.events.size(), 4u);
  CHECK(x.events[0] == model_event{rate_limits_seen{}});
  CHECK(x.events[1] == model_event{stream_created{}});
  CHECK_EQ(std::get<output_item_done>(x.events[2]).item.role, "assistant");
  CHECK_EQ(std::get<response_completed>(x.events[3]).usage->total_tokens, 110);
  CHECK(!had_late_messages());
}

SCENARIO("a response reads the same however it is cut") {
  const auto whole = created_event() + message_event("h\u00e9llo") + completed_event();
  std::vector<stream_step> bytes;
  for (const char byte : whole)
    bytes.emplace_back(std::string{byte});
  scripted_peer peer{{stream_answer({whole}), stream_answer(std::move(bytes))}};
  add_provider(peer.base_url());
  CHECK_EQ(run(1).events.size(), 4u);
  CHECK(run(2).has_ended_well());
  CHECK(record(1).events == record(2).events);
}

SCENARIO("a request is what the contract says") {
  scripted_peer peer{{reply_answer("hello")}};
  auto& provider = add_provider(peer.base_url() + "//");
  provider.env_key = "MOCK_KEY";
  provider.http_headers = {{"version", "1.2.3"}};
  provider.query_params = {{"api-version", "X"}};
  variables["MOCK_KEY"] = "k-123";
  CHECK(run().has_ended_well());
  const auto requests = peer.requests();
  REQUIRE_EQ(requests.size(), 1u);
  const auto& x = requests[0];
  CHECK_EQ(x.method, "POST");
  CHECK_EQ(x.target, "/v1/responses?api-version=X");
  CHECK_EQ(header(x, "authorization"), "Bearer k-123");
  CHECK_EQ(header(x, "session_id"), "019c3c5e-0000-7000-8000-000000000000");
  CHECK_EQ(header(x, "accept"), "text/event-stream");
  CHECK_EQ(header(x, "content-type"), "application/json");
  CHECK_EQ(header(x, "originator"), "test");
  CHECK_EQ(header(x, "user-agent"), "test/1.0");
  CHECK_EQ(header(x, "version"), "1.2.3");
  CHECK_EQ(x.body, R"({"model":"gpt","instructions":"","input":[{"type":"message"}],"tools":[],)"
                   R"("tool_choice":"auto","parallel_tool_calls":false,"reasoning":null,)"
                   R"("store":false,"stream":true,"include":[],)"
                   R"("prompt_cache_key":"019c3c5e-0000-7000-8000-000000000000"})");
}

SCENARIO("an Azure provider is asked to store the response") {
  scripted_peer peer{{reply_answer("hello")}};
  add_provider(peer.base_url()).name = "Azure";
  CHECK(run().has_ended_well());
  CHECK(peer.requests()[0].body.find(R"("store":true)") != std::string::npos);
}

SCENARIO("shell results are sent as text where the freeform patch tool is offered") {
  scripted_peer peer{{reply_answer("hello")}};
  add_provider(peer.base_url());
  auto x = stream(1);
  x.request.tools_json = shared_text{R"([{"type":"custom","name":"apply_patch"}])"};
  const std::string result =
    R"("output":"{\"output\":\"hi\",\"metadata\":{\"exit_code\":0,\"duration_seconds\":1.5}}"})";
  x.request.input.clear();
  for (const std::string name : {"shell", "shell_command"}) {
    x.request.input.push_back(shared_text{R"({"type":"function_call","name":")" + name +
                                          R"(","arguments":"{}","call_id":")" + name + R"("})"});
    x.request.input.push_back(
      shared_text{R"({"type":"function_call_output","call_id":")" + name + R"(",)" + result});
  }
  open(std::move(x));
  CHECK(finish(1).has_ended_well());
  const auto body = peer.requests()[0].body;
  CHECK(body.find(
          R"("call_id":"shell","output":"Exit code: 0\nWall time: 1.5 seconds\nOutput:\nhi"})") !=
        std::string::npos);
  CHECK(body.find(R"("call_id":"shell_command",)" + result) != std::string::npos);
}

SCENARIO("the headers of a response are told first, even when nothing follows") {
  auto answer = stream_answer({});
  answer.headers.set("x-codex-turn-state", "ts");
  answer.headers.set("x-reasoning-included", "false"); // that it is there counts
  answer.headers.set("x-models-etag", "e1");
  scripted_peer peer{{answer}};
  add_provider(peer.base_url());
  const auto& x = run();
  const std::vector<model_event> expected{rate_limits_seen{}, models_etag_seen{"e1"},
                                          server_reasoning_included{true}, turn_state_seen{"ts"}};
  CHECK(x.events == expected);
  CHECK_EQ(x.error(), std::string{disconnected} + "stream closed before response.completed");
}

SCENARIO("a completed response ends the stream although the connection stays open") {
  scripted_peer peer{{stream_answer({completed_event()}, scripted_answer::ending::stall)}};
  add_provider(peer.base_url());
  CHECK(run().has_ended_well());
}

SCENARIO("a missing key is told without any request") {
  scripted_peer peer{{reply_answer("hello")}};
  auto& provider = add_provider(peer.base_url());
  provider.env_key = "MOCK_KEY";
  const auto& x = run();
  CHECK(x.code() == model_errc::missing_env_var);
  CHECK_EQ(x.error(), "Missing environment variable: `MOCK_KEY`.");
  CHECK(peer.requests().empty());
}

SCENARIO("an unknown provider is refused") {
  add_provider("http://127.0.0.1:1");
  auto x = stream(1);
  x.request.provider = "nobody";
  caf::error refusal;
  open(std::move(x), &refusal);
  CHECK(refusal == errc::no_such_provider);
  CHECK(to_string(refusal.context()).find("Model provider `nobody` not found") !=
        std::string::npos);
}

SCENARIO("a server error is sent again, and the next answer counts") {
  scripted_peer peer{{plain_answer(500, "x"), reply_answer("hello")}};
  add_provider(peer.base_url()).request_max_retries = 1;
  CHECK(run().has_ended_well());
  const auto requests = peer.requests();
  REQUIRE_EQ(requests.size(), 2u);
  CHECK_EQ(requests[0].body, requests[1].body);
  CHECK_EQ(header(requests[0], "session_id"), header(requests[1], "session_id"));
}

SCENARIO("a permanent server error uses up the retries") {
  scripted_peer peer{{plain_answer(500, "x")}};
  add_provider(peer.base_url()).request_max_retries = 2;
  const auto& x = run();
  CHECK(x.code() == model_errc::internal_server_error);
  CHECK(x.events.empty());
  CHECK_EQ(peer.requests().size(), 3u);
}

SCENARIO("other statuses are told after one request") {
  scripted_peer peer{{plain_answer(429, ""), plain_answer(400, R"({"error": "bad input"})"),
                      plain_answer(401, R"({"error":{"message":"no key"}})"),
                      plain_answer(302, "")}};
  add_provider(peer.base_url()).request_max_retries = 4;
  CHECK(run(1).code() == model_errc::retry_limit);
  CHECK_EQ(run(2).error(), R"({"error": "bad input"})");
  CHECK_EQ(run(3).error(),
           "unexpected status 401 Unauthorized: no key, url: " + peer.base_url() + "/responses");
  CHECK(run(4).error().starts_with("unexpected status 302 Found: Unknown error"));
  CHECK_EQ(peer.requests().size(), 4u);
}

SCENARIO("a usage limit comes with the figures of the headers") {
  net::header_list headers;
  headers.set("x-codex-primary-used-percent", "100");
  scripted_peer peer{
    {plain_answer(429, R"({"error":{"type":"usage_limit_reached"}})", std::move(headers))}};
  add_provider(peer.base_url());
  const auto& x = run();
  CHECK(x.code() == model_errc::usage_limit_reached);
  REQUIRE(x.end->limits);
  CHECK_EQ(x.end->limits->primary->used_percent, 100.0);
}

SCENARIO("a provider that does not listen is told as a lost connection") {
  std::string address;
  {
    scripted_peer gone{{hanging_answer()}};
    address = gone.base_url();
  }
  add_provider(address).request_max_retries = 1;
  const auto& x = run();
  CHECK(x.code() == model_errc::connection_failed);
  CHECK(x.error().starts_with(std::string{disconnected} + "error sending request for url (" +
                              address + "/responses): "));
}

SCENARIO("a connection that is reset before the answer is told, after the retries") {
  scripted_peer peer{{resetting_answer()}};
  add_provider(peer.base_url()).request_max_retries = 1;
  const auto& x = run();
  CHECK(x.code() == model_errc::stream);
  CHECK(x.error().starts_with(std::string{disconnected} + "error sending request: "));
  CHECK_EQ(peer.requests().size(), 2u);
}

SCENARIO("a response that does not come in time is told") {
  scripted_peer peer{{hanging_answer()}};
  add_provider(peer.base_url()).stream_idle_timeout = 50ms;
  const auto& x = run();
  CHECK(x.code() == model_errc::timeout);
  CHECK(peer.wait_for_departures(1));
}

SCENARIO("the idle limit of a provider extends the wait for its response") {
  scripted_peer peer{{plain_answer(404, "here")}};
  add_provider(peer.base_url()).stream_idle_timeout = 60s;
  deps.limits.head = 0ms;
  CHECK(run().error().starts_with("unexpected status 404 Not Found: here"));
}

SCENARIO("a stream that breaks off has delivered what came before") {
  scripted_peer peer{
    {stream_answer({created_event() + text_delta_event("a")}, scripted_answer::ending::cut)}};
  add_provider(peer.base_url()).request_max_retries = 4;
  const auto& x = run();
  CHECK_EQ(count<output_text_delta>(x), 1u);
  CHECK_EQ(x.error(), std::string{disconnected} +
                        "Transport error: network error: error decoding response body");
  CHECK_EQ(peer.requests().size(), 1u); // the turn loop's to repeat
}

SCENARIO("a stream without an event within the idle limit is given up") {
  scripted_peer peer{
    {stream_answer({text_delta_event("a"), ": still here\n\n"}, scripted_answer::ending::stall)}};
  add_provider(peer.base_url()).stream_idle_timeout = 50ms;
  const auto& x = run();
  CHECK_EQ(x.error(), std::string{disconnected} + "idle timeout waiting for SSE");
  CHECK(peer.wait_for_departures(1));
}

SCENARIO("a stream that only shows signs of life is given up, with the name of the setting") {
  scripted_peer peer{{stream_answer({text_delta_event("a"), sse(R"({"type":"keepalive"})")},
                                    scripted_answer::ending::stall)}};
  auto& provider = add_provider(peer.base_url());
  provider.stream_idle_timeout = 60s;
  provider.stream_progress_timeout = 50ms;
  const auto& x = run();
  CHECK(x.code() == model_errc::stream);
  CHECK(x.error().find("`stream_progress_timeout_ms` (50 ms)") != std::string::npos);
  CHECK(peer.wait_for_departures(1));
}

SCENARIO("a response that takes too long as a whole is given up for good") {
  scripted_peer peer{{stream_answer({text_delta_event("a")}, scripted_answer::ending::stall)}};
  add_provider(peer.base_url()).response_timeout = 50ms;
  const auto& x = run();
  CHECK(x.code() == model_errc::fatal);
  CHECK(x.error().find("`response_timeout_ms` (50 ms)") != std::string::npos);
  CHECK_EQ(peer.requests().size(), 1u);
}

SCENARIO("garbage instead of events is a stream that closed early") {
  scripted_peer peer{{stream_answer({"<html>\n\n", "data: {]\n\n", "data\n\n", sse("[DONE]")}),
                      stream_answer({"data: \xff\n\n" + completed_event()})}};
  add_provider(peer.base_url());
  CHECK_EQ(run(1).error(), std::string{disconnected} + "stream closed before response.completed");
  CHECK(run(2).error().starts_with(std::string{disconnected} + "UTF8 error: "));
}

SCENARIO("an event over the limit ends the stream") {
  scripted_peer peer{
    {stream_answer({text_delta_event(std::string(5000, 'x'))}, scripted_answer::ending::stall)}};
  add_provider(peer.base_url());
  deps.limits.event_bytes = 1000;
  CHECK(run().error().starts_with(std::string{disconnected} + "Transport error: "));
  CHECK(peer.wait_for_departures(1));
}

SCENARIO("a failed response is told at the end, unless it is completed after all") {
  const auto failed =
    sse(R"({"type":"response.failed","response":{"error":{"code":"insufficient_quota"}}})");
  scripted_peer peer{{stream_answer({failed}), stream_answer({failed, completed_event()})}};
  add_provider(peer.base_url());
  CHECK(run(1).code() == model_errc::quota_exceeded);
  CHECK(run(2).has_ended_well());
}

SCENARIO("a login without tokens is told as a retryable error") {
  add_provider("http://127.0.0.1:1");
  config::login login;
  login.stated_mode = config::auth_mode::chatgpt;
  deps.login = login;
  const auto& x = run();
  CHECK(x.code() == model_errc::stream);
  CHECK(!x.error().empty());
}

END_FIXTURE_SCOPE()
