#define CAF_SUITE model_client_ws
#include <caf/test/bdd_dsl.hpp>

#include "tests/actors/model_client/model_client_fixture.hpp"
#include "tests/actors/model_client/note_taker.hpp"
#include "tests/actors/model_client/ws_peer.hpp"

#include <algorithm>
#include <string>

using namespace std::literals;
using namespace troupe;
using namespace troupe::testing;

namespace {

using fixture = model_client_fixture;

constexpr auto v1 = model_transport::websocket_v1;
constexpr auto v2 = model_transport::websocket_v2;

/// A peer that answers every request with a completed response.
ws_connection_script good(std::string id = "resp_1") {
  return {.replies = {{.texts = {ws_completed(id)}}}};
}

ws_connection_script refusing(int status, std::string body = {}) {
  return {.status = status, .body = std::move(body)};
}

ws_connection_script ending_with(ws_reply::ending how) {
  return {.replies = {{.texts = {}, .end = how}}};
}

shared_text item(const std::string& text) {
  return shared_text{R"({"type":"message","n":")" + text + R"("})"};
}

open_stream ws_stream(stream_number number, model_transport transport,
                      std::vector<shared_text> input = {item("a")}, std::string turn = "turn") {
  auto x = fixture::stream(number);
  x.request.origin.transport = transport;
  x.request.origin.turn = std::move(turn);
  x.request.input = std::move(input);
  return x;
}

prepare_connection preparation(model_transport transport) {
  prepare_connection x;
  x.thread = fixture::request().thread;
  x.provider = "mock";
  x.origin.transport = transport;
  return x;
}

std::string header(const net::server_request& x, std::string_view name) {
  return std::string{x.headers.find(name).value_or("")};
}

const std::string sse_reply = created_event() + message_event("over http") + completed_event();

constexpr std::string_view disconnected = "stream disconnected before completion: ";

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("a request goes over a WebSocket, with the contract's handshake and message") {
  ws_peer peer{{good()}};
  add_provider(peer.base_url()).query_params = {{"api-version", "X"}};
  auto x = ws_stream(1, v1);
  x.request.origin.beta_features = "apps";
  x.request.turn_state = "ts";
  open(std::move(x));
  const auto& record = finish(1);
  CHECK(record.has_ended_well());
  REQUIRE_EQ(record.events.size(), 1u);
  CHECK_EQ(std::get<response_completed>(record.events[0]).response_id, "resp_1");
  const auto handshakes = peer.handshakes();
  REQUIRE_EQ(handshakes.size(), 1u);
  CHECK_EQ(handshakes[0].target, "/v1/responses?api-version=X");
  CHECK_EQ(header(handshakes[0], "openai-beta"), "responses_websockets=2026-02-04");
  CHECK_EQ(header(handshakes[0], "session_id"), "019c3c5e-0000-7000-8000-000000000000");
  CHECK_EQ(header(handshakes[0], "x-codex-beta-features"), "apps");
  CHECK_EQ(header(handshakes[0], "x-codex-turn-state"), "ts");
  CHECK(!handshakes[0].headers.contains("user-agent"));
  CHECK(!handshakes[0].headers.contains("originator"));
  CHECK(!handshakes[0].headers.contains("x-responsesapi-include-timing-metrics"));
  CHECK(peer.messages()[0].starts_with(R"({"type":"response.create","model":"gpt",)"));
  CHECK(peer.posts().empty());
}

SCENARIO("over a WebSocket Azure stores nothing and is sent no ids") {
  ws_peer peer{{good()}};
  add_provider(peer.base_url()).name = "azure";
  auto x = ws_stream(1, v2);
  x.request.input_ids = {"msg_1"};
  open(std::move(x));
  CHECK(finish(1).has_ended_well());
  const auto message = peer.messages()[0];
  CHECK(message.find(R"("store":false)") != std::string::npos);
  CHECK(message.find("msg_1") == std::string::npos);
}

SCENARIO("version 1 appends what is new on the turn's connection") {
  ws_peer peer{{good()}};
  add_provider(peer.base_url());
  const auto first = item("a");
  open(ws_stream(1, v1, {first}));
  CHECK(finish(1).has_ended_well());
  open(ws_stream(2, v1, {first, item("b")}));
  CHECK(finish(2).has_ended_well());
  CHECK_EQ(peer.handshakes().size(), 1u);
  CHECK_EQ(peer.messages()[1],
           R"({"type":"response.append","input":[{"type":"message","n":"b"}]})");
}

SCENARIO("version 2 names the previous response on the turn's connection") {
  ws_peer peer{{good("resp_7")}};
  add_provider(peer.base_url());
  const auto first = item("a");
  open(ws_stream(1, v2, {first}));
  CHECK(finish(1).has_ended_well());
  open(ws_stream(2, v2, {first, item("b")}));
  CHECK(finish(2).has_ended_well());
  const auto second = peer.messages()[1];
  CHECK(second.find(R"("previous_response_id":"resp_7")") != std::string::npos);
  CHECK(second.find(R"("input":[{"type":"message","n":"b"}])") != std::string::npos);
  CHECK_EQ(header(peer.handshakes()[0], "openai-beta"), "responses_websockets=2026-02-06");
}

SCENARIO("another turn opens a connection of its own, and the old one is closed") {
  ws_peer peer{{good()}};
  add_provider(peer.base_url());
  open(ws_stream(1, v1, {item("a")}, "t1"));
  CHECK(finish(1).has_ended_well());
  open(ws_stream(2, v1, {item("a")}, "t2"));
  CHECK(finish(2).has_ended_well());
  CHECK_EQ(peer.handshakes().size(), 2u);
  CHECK(peer.wait_for_ends(1));
}

SCENARIO("the end of a turn closes its connection") {
  ws_peer peer{{good()}};
  add_provider(peer.base_url());
  open(ws_stream(1, v1));
  CHECK(finish(1).has_ended_well());
  tell(close_connection{request().thread, "turn"});
  CHECK(peer.wait_for_ends(1));
}

SCENARIO("what the handshake said comes before each response, the turn state once") {
  auto script = good();
  script.headers.set("x-models-etag", "e1");
  script.headers.set("x-reasoning-included", "false");
  script.headers.set("x-codex-turn-state", "ts-1");
  ws_peer peer{{script}};
  add_provider(peer.base_url());
  open(ws_stream(1, v1));
  const auto& first = finish(1).events;
  REQUIRE_EQ(first.size(), 4u);
  CHECK(first[0] == model_event{models_etag_seen{"e1"}});
  CHECK(first[1] == model_event{server_reasoning_included{true}});
  CHECK(first[2] == model_event{turn_state_seen{"ts-1"}});
  open(ws_stream(2, v1));
  const auto& second = finish(2).events;
  REQUIRE_EQ(second.size(), 3u);
  CHECK(second[1] == model_event{server_reasoning_included{true}});
}

SCENARIO("a turn state of a handshake is told even when the response fails") {
  auto script = ending_with(ws_reply::ending::close);
  script.headers.set("x-codex-turn-state", "ts-1");
  ws_peer peer{{script}};
  add_provider(peer.base_url());
  open(ws_stream(1, v1));
  const auto& x = finish(1);
  CHECK(!x.has_ended_well());
  REQUIRE_EQ(x.events.size(), 1u);
  CHECK(x.events[0] == model_event{turn_state_seen{"ts-1"}});
}

SCENARIO("a failed response ends at once, and the next request is whole, on a new connection") {
  ws_peer peer{{{.replies = {{.texts = {ws_completed("resp_1")}},
                             {.texts = {R"({"type":"response.failed","response":{"error":)"
                                        R"({"code":"rate_limit_exceeded","message":)"
                                        R"("try again in 28ms"}}})"},
                              .end = ws_reply::ending::hang}}},
                good("resp_2")}};
  add_provider(peer.base_url());
  const auto first = item("a");
  open(ws_stream(1, v2, {first}));
  CHECK(finish(1).has_ended_well());
  open(ws_stream(2, v2, {first, item("b")}));
  CHECK(finish(2).end->error->retry_after == 28ms);
  open(ws_stream(3, v2, {first, item("b")}));
  CHECK(finish(3).has_ended_well());
  CHECK_EQ(peer.handshakes().size(), 2u);
  CHECK(peer.messages()[2].find("previous_response_id") == std::string::npos);
}

SCENARIO("a WebSocket fails in the contract's words") {
  struct failing_case {
    ws_reply::ending how;
    std::string text;
  };
  const std::vector<failing_case> cases{
    {ws_reply::ending::close,
     "websocket closed by server before response.completed (1001: going away)"},
    {ws_reply::ending::cut, "stream closed before response.completed"},
    {ws_reply::ending::binary, "unexpected binary websocket event"},
    {ws_reply::ending::hang, "idle timeout waiting for websocket"}};
  std::vector<ws_connection_script> scripts;
  for (const auto& x : cases)
    scripts.push_back(ending_with(x.how));
  ws_peer peer{scripts};
  add_provider(peer.base_url()).stream_idle_timeout = 300ms;
  stream_number number = 0;
  for (const auto& x : cases) {
    open(ws_stream(++number, v1));
    CHECK_EQ(finish(number).error(), std::string{disconnected} + x.text);
    CHECK(finish(number).code() == model_errc::stream);
  }
}

SCENARIO("a WebSocket's limits of a response are told with the names of their settings") {
  ws_peer peer{{ending_with(ws_reply::ending::hang), ending_with(ws_reply::ending::hang)}};
  auto& provider = add_provider(peer.base_url());
  provider.stream_progress_timeout = 50ms;
  open(ws_stream(1, v1));
  CHECK(finish(1).error().find("`stream_progress_timeout_ms` (50 ms)") != std::string::npos);
  CHECK(finish(1).code() == model_errc::stream);
}

SCENARIO("a WebSocket's response that takes too long is given up for good") {
  ws_peer peer{{ending_with(ws_reply::ending::hang)}};
  add_provider(peer.base_url()).response_timeout = 50ms;
  open(ws_stream(1, v1));
  CHECK(finish(1).error().find("`response_timeout_ms` (50 ms)") != std::string::npos);
  CHECK(finish(1).code() == model_errc::fatal);
}

SCENARIO("a handshake that stalls is waited for no longer than an event") {
  ws_peer peer{{{.holds = true}}};
  add_provider(peer.base_url()).stream_idle_timeout = 50ms;
  open(ws_stream(1, v1));
  CHECK(finish(1).code() == model_errc::timeout);
}

SCENARIO("rate limits come as events") {
  ws_peer peer{{{.replies = {{.texts = {R"({"type":"codex.rate_limits","plan_type":"plus"})",
                                        ws_completed("r")}}}}}};
  add_provider(peer.base_url());
  open(ws_stream(1, v1));
  const auto& x = finish(1);
  REQUIRE_EQ(x.events.size(), 2u);
  CHECK(std::get<rate_limits_seen>(x.events[0]).limits.plan_type == "plus");
}

SCENARIO("a ping gets a pong") {
  ws_peer peer{{{.replies = {{.texts = {ws_completed("r")}, .ping = true}}}}};
  add_provider(peer.base_url());
  open(ws_stream(1, v1));
  CHECK(finish(1).has_ended_well());
  CHECK(peer.wait_for_pongs(1));
}

SCENARIO("426 at the handshake: the same call goes over HTTP") {
  ws_peer peer{{refusing(426)}, sse_reply};
  add_provider(peer.base_url());
  open(ws_stream(1, v1));
  const auto& x = finish(1);
  CHECK(x.has_ended_well());
  REQUIRE(!x.events.empty());
  CHECK(x.events[0] == model_event{websocket_refused{}});
  CHECK_EQ(peer.handshakes().size(), 1u);
  CHECK_EQ(peer.posts().size(), 1u);
}

SCENARIO("a handshake answered with an error is that error") {
  ws_peer peer{{refusing(400, "no")}};
  add_provider(peer.base_url());
  open(ws_stream(1, v1));
  CHECK(finish(1).code() == model_errc::invalid_request);
  CHECK_EQ(peer.handshakes().size(), 1u);
  CHECK(peer.posts().empty());
}

SCENARIO("a governed handshake that is refused is made again, and the turn does not notice") {
  auto refused = refusing(429, "slow down");
  refused.headers.set("retry-after", "0.05");
  ws_peer peer{{refused, good()}};
  add_provider(peer.base_url());
  deps.governor.emplace();
  open(ws_stream(1, v1));
  CHECK(finish(1).has_ended_well());
  CHECK_EQ(peer.handshakes().size(), 2u);
}

SCENARIO("a governed response that fails because of the rate is asked for again") {
  const auto too_early =
    R"({"type":"response.failed","response":{"error":{"code":"rate_limit_exceeded",)"
    R"("message":"Please try again in 20ms."}}})"s;
  ws_peer peer{{{.replies = {{.texts = {too_early}}}}, good()}};
  add_provider(peer.base_url());
  deps.governor.emplace();
  open(ws_stream(1, v2));
  CHECK(finish(1).has_ended_well());
  CHECK_EQ(peer.handshakes().size(), 2u);
  CHECK_EQ(peer.messages().size(), 2u);
}

SCENARIO("a refusal as an error event counts when the connection has ended") {
  ws_peer peer{{{.replies = {{.texts = {R"({"type":"error","status":429,"headers":)"
                                        R"({"retry-after":"0.02"}})"},
                              .end = ws_reply::ending::close}}},
                good()}};
  add_provider(peer.base_url());
  deps.governor.emplace();
  open(ws_stream(1, v2));
  CHECK(finish(1).has_ended_well());
  CHECK_EQ(peer.handshakes().size(), 2u);
}

SCENARIO("a response that has begun to speak is not asked for again behind the turn's back") {
  const auto item_done = R"({"type":"response.output_item.done","item":{"type":"message",)"
                         R"("role":"assistant","content":[]}})"s;
  const auto too_early =
    R"({"type":"response.failed","response":{"error":{"code":"rate_limit_exceeded",)"
    R"("message":"Please try again in 20ms."}}})"s;
  ws_peer peer{{{.replies = {{.texts = {item_done, too_early}}}}, good()}};
  add_provider(peer.base_url());
  deps.governor.emplace();
  open(ws_stream(1, v2));
  CHECK(finish(1).end->error->retry_after == 20ms);
  CHECK_EQ(peer.handshakes().size(), 1u);
}

SCENARIO("a preconnected socket serves the first turn: one handshake") {
  ws_peer peer{{good()}};
  add_provider(peer.base_url());
  tell(preparation(v1));
  REQUIRE(peer.wait_for_handshakes(1));
  CHECK(peer.messages().empty());
  open(ws_stream(1, v1));
  CHECK(finish(1).has_ended_well());
  CHECK_EQ(peer.handshakes().size(), 1u);
}

SCENARIO("a turn that starts while the socket is being connected waits for it") {
  auto script = good();
  script.holds = true;
  ws_peer peer{{script}};
  add_provider(peer.base_url());
  tell(preparation(v1));
  REQUIRE(peer.wait_for_handshakes(1));
  open(ws_stream(1, v1));
  peer.release_handshake();
  CHECK(finish(1).has_ended_well());
  CHECK_EQ(peer.handshakes().size(), 1u);
}

SCENARIO("a preconnect that fails costs a handshake and not the call") {
  auto script = refusing(500);
  script.holds = true;
  ws_peer peer{{script, good()}};
  add_provider(peer.base_url());
  tell(preparation(v1));
  REQUIRE(peer.wait_for_handshakes(1));
  open(ws_stream(1, v1));
  peer.release_handshake();
  CHECK(finish(1).has_ended_well());
  CHECK_EQ(peer.handshakes().size(), 2u);
}

SCENARIO("with a preconnect, 426 takes two handshakes and one request") {
  auto script = refusing(426);
  script.holds = true;
  ws_peer peer{{script, refusing(426)}, sse_reply};
  add_provider(peer.base_url());
  tell(preparation(v1));
  REQUIRE(peer.wait_for_handshakes(1));
  open(ws_stream(1, v1));
  peer.release_handshake();
  CHECK(finish(1).has_ended_well());
  CHECK_EQ(peer.handshakes().size(), 2u);
  CHECK_EQ(peer.posts().size(), 1u);
}

SCENARIO("an observer sees one request and its messages, and nothing of HTTP") {
  ws_peer peer{{{.replies = {{.texts = {R"({"type":"response.created","response":{}})",
                                        ws_completed("r")}}}}}};
  add_provider(peer.base_url());
  note_taker notes;
  deps.observer = &notes;
  open(ws_stream(1, v1));
  CHECK(finish(1).has_ended_well());
  stop_client();
  auto seen = notes.notes();
  std::ranges::sort(seen); // that a message is sent may be noticed after its answer
  CHECK(seen == (std::vector<std::string>{"begun over websocket_v1", "completed mock 0",
                                          "over 0 ok 0", "ws request", "ws response.completed ok",
                                          "ws response.created ok"}));
}

SCENARIO("timings are asked for, and reach the observer") {
  ws_peer peer{{{.replies = {{.texts = {R"({"type":"responsesapi.websocket_timing",)"
                                        R"("timing_metrics":{"engine_service_total_ms":3}})",
                                        ws_completed("r")}}}}}};
  add_provider(peer.base_url());
  note_taker notes;
  deps.observer = &notes;
  auto x = ws_stream(1, v1);
  x.request.origin.timing_metrics = true;
  open(std::move(x));
  CHECK(finish(1).has_ended_well());
  stop_client();
  CHECK_EQ(std::ranges::count(notes.notes(), "timings"), 1);
  CHECK_EQ(header(peer.handshakes()[0], "x-responsesapi-include-timing-metrics"), "true");
}

SCENARIO("an observer is told when a thread falls back to HTTP") {
  ws_peer peer{{refusing(426)}, sse_reply};
  add_provider(peer.base_url());
  note_taker notes;
  deps.observer = &notes;
  open(ws_stream(1, v1));
  CHECK(finish(1).has_ended_well());
  stop_client();
  CHECK_EQ(std::ranges::count(notes.notes(), "fallback"), 1);
  CHECK_EQ(std::ranges::count(notes.notes(), "request 0 200 ok"), 1);
}

SCENARIO("an observer is told when a thread gives WebSockets up, not when it ends") {
  ws_peer peer{{good()}, sse_reply};
  add_provider(peer.base_url());
  note_taker notes;
  deps.observer = &notes;
  tell(close_connection{request().thread, ""});
  tell(close_connection{request().thread, "", close_reason::fell_back_to_http});
  open(ws_stream(1, v1)); // begins after what was told before
  CHECK(finish(1).has_ended_well());
  stop_client();
  CHECK_EQ(std::ranges::count(notes.notes(), "fallback"), 1);
}

SCENARIO("after a fallback the thread's requests make no handshake") {
  ws_peer peer{{refusing(426), good()}, sse_reply};
  add_provider(peer.base_url());
  open(ws_stream(1, v1));
  CHECK(finish(1).has_ended_well());
  auto next = ws_stream(2, v1);
  next.request.origin.transport = model_transport::http;
  open(std::move(next));
  CHECK(finish(2).has_ended_well());
  CHECK_EQ(peer.handshakes().size(), 1u);
  CHECK_EQ(peer.posts().size(), 2u);
}

SCENARIO("a missing variable fails a WebSocket request without any handshake") {
  ws_peer peer{{good()}};
  add_provider(peer.base_url()).env_key = "NO_SUCH_KEY";
  open(ws_stream(1, v1));
  CHECK(finish(1).code() == model_errc::missing_env_var);
  CHECK(peer.handshakes().empty());
}

SCENARIO("a cancelled request closes its connection") {
  ws_peer peer{{ending_with(ws_reply::ending::hang)}};
  add_provider(peer.base_url());
  const auto operation = open(ws_stream(1, v1));
  REQUIRE(peer.wait_for_messages(1));
  cancel(operation);
  CHECK(finish(1).code() == model_errc::cancelled);
  CHECK(peer.wait_for_ends(1));
  CHECK(!had_late_messages());
}

SCENARIO("messages without events cost no credit, others wait for it") {
  ws_peer peer{{{.replies = {{.texts = {R"({"type":"error"})", "nonsense",
                                        R"({"type":"response.output_text.delta","delta":"a"})",
                                        ws_completed("r")}}}}}};
  add_provider(peer.base_url());
  auto x = ws_stream(1, v1);
  x.credit = 1;
  const auto operation = open(std::move(x));
  REQUIRE(receive_one());
  CHECK_EQ(record(1).events.size(), 1u);
  CHECK(!record(1).end);
  grant(operation, 1);
  CHECK(finish(1).has_ended_well());
}

SCENARIO("an idle connection is closed after its time") {
  ws_peer peer{{good()}};
  add_provider(peer.base_url());
  deps.limits.idle_connection = 50ms;
  open(ws_stream(1, v1));
  CHECK(finish(1).has_ended_well());
  CHECK(peer.wait_for_ends(1));
}

SCENARIO("the end of the client closes its connections") {
  ws_peer peer{{good(), ending_with(ws_reply::ending::hang)}};
  add_provider(peer.base_url());
  open(ws_stream(1, v1));
  CHECK(finish(1).has_ended_well());
  auto other = ws_stream(2, v1);
  other.request.thread.bytes[15] = 1;
  open(std::move(other));
  REQUIRE(peer.wait_for_messages(2));
  stop_client();
  CHECK_EQ(finish(2).error(), "the model call was cancelled");
  CHECK(peer.wait_for_ends(2));
}

END_FIXTURE_SCOPE()
