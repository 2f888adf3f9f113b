#define CAF_SUITE model_client_ws
#include <caf/test/bdd_dsl.hpp>

#include "tests/actors/model_client/note_taker.hpp"
#include "tests/actors/model_client/ws_requests.hpp"

#include <algorithm>
#include <string>
#include <vector>

using namespace troupe;
using namespace troupe::testing;

using fixture = model_client_fixture;

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

SCENARIO("a missing variable fails a WebSocket request without any handshake") {
  ws_peer peer{{good()}};
  add_provider(peer.base_url()).env_key = "NO_SUCH_KEY";
  open(ws_stream(1, v1));
  CHECK(finish(1).code() == model_errc::missing_env_var);
  CHECK(peer.handshakes().empty());
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

END_FIXTURE_SCOPE()
