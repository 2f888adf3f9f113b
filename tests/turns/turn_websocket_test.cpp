#define CAF_SUITE turn_websocket
#include <caf/test/bdd_dsl.hpp>

#include "tests/actors/model_client/ws_peer.hpp"
#include "tests/turns/thread_driver.hpp"

#include <boost/json.hpp>

#include <string>
#include <vector>

using namespace troupe;
using namespace troupe::test;
using testing::ws_completed;
using testing::ws_connection_script;
using testing::ws_peer;
using testing::ws_reply;

using strings = std::vector<std::string>;

namespace {

constexpr auto v1 = config::feature::responses_websockets;
constexpr auto v2 = config::feature::responses_websockets_v2;

/// Over either transport.
constexpr std::string_view spoken =
  R"({"type":"response.output_item.done","item":{"type":"message","role":"assistant",)"
  R"("content":[{"type":"output_text","text":"Done."}]}})";

constexpr std::string_view planned =
  R"({"type":"response.output_item.done","item":{"type":"function_call","name":"update_plan",)"
  R"("arguments":"{\"plan\":[{\"step\":\"look\",\"status\":\"pending\"}]}","call_id":"c1"}})";

ws_reply answer(std::string id = "resp_2") {
  return {.texts = {std::string{spoken}, ws_completed(id)}};
}

ws_reply tool_call(std::string id = "resp_1") {
  return {.texts = {std::string{planned}, ws_completed(id)}};
}

ws_connection_script talking(std::vector<ws_reply> replies) {
  return {.replies = std::move(replies)};
}

ws_connection_script refusing(int status) {
  return {.status = status};
}

std::string over_http() {
  return "data: " + std::string{spoken} + "\n\ndata: " + ws_completed("r") + "\n\n";
}

std::string header(const net::server_request& x, std::string_view name) {
  return std::string{x.headers.find(name).value_or("")};
}

/// Not what the node asks for besides, such as the list of models.
std::vector<net::server_request> posts(const ws_peer& peer) {
  auto result = peer.posts();
  std::erase_if(result, [](const auto& x) { return x.method != "POST"; });
  return result;
}

boost::json::array input_of(const std::string& message) {
  return boost::json::parse(message).at("input").as_array();
}

/// A thread whose provider speaks WebSocket, with a connection that was made ahead of its first
/// turn.
struct socket_thread : thread_driver {
  explicit socket_thread(const ws_peer& peer, config::feature version = v1,
                         std::uint32_t retries = 5)
    : thread_driver(peer.base_url()) {
    provider().supports_websockets = true;
    provider().request_max_retries = 0;
    provider().stream_max_retries = retries;
    enable(version);
    start();
    if (!peer.wait_for_handshakes(1))
      CAF_FAIL("no connection is made ahead");
  }
};

} // namespace

SCENARIO("without a feature a provider's WebSocket is not used") {
  ws_peer peer{{talking({answer()})}, over_http()};
  thread_driver thread{peer.base_url()};
  thread.provider().supports_websockets = true;
  CHECK_EQ(thread.take_turn("Go.").answer().value_or(""), "Done.");
  CHECK(peer.handshakes().empty());
  CHECK_EQ(posts(peer).size(), 1u);
}

SCENARIO("with a feature but without the provider's support no WebSocket is used") {
  ws_peer peer{{talking({answer()})}, over_http()};
  thread_driver thread{peer.base_url()};
  thread.enable(v1);
  thread.enable(v2);
  CHECK_EQ(thread.take_turn("Go.").answer().value_or(""), "Done.");
  CHECK(peer.handshakes().empty());
}

SCENARIO("a turn takes over the connection that was made ahead: one handshake for all of it") {
  for (const auto version : {v1, v2}) {
    ws_peer peer{{talking({tool_call(), answer()})}};
    socket_thread thread{peer, version};
    CHECK_EQ(thread.take_turn("Go.").answer().value_or(""), "Done.");
    const auto handshakes = peer.handshakes();
    REQUIRE_EQ(handshakes.size(), 1u);
    CHECK_EQ(header(handshakes[0], "openai-beta"),
             version == v1 ? "responses_websockets=2026-02-04" : "responses_websockets=2026-02-06");
    CHECK(!handshakes[0].headers.contains("user-agent"));
    CHECK(!handshakes[0].headers.contains("originator"));
    CHECK_EQ(peer.messages().size(), 2u);
    CHECK(posts(peer).empty());
  }
}

SCENARIO("version 1 appends the model's call and its output, and nothing else") {
  ws_peer peer{{talking({tool_call(), answer()})}};
  socket_thread thread{peer, v1};
  CHECK_EQ(thread.take_turn("Go.").answer().value_or(""), "Done.");
  const auto messages = peer.messages();
  REQUIRE_EQ(messages.size(), 2u);
  const auto next = boost::json::parse(messages[1]).as_object();
  CHECK_EQ(next.size(), 2u);
  CHECK_EQ(next.at("type").as_string(), "response.append");
  const auto tail = input_of(messages[1]);
  REQUIRE_EQ(tail.size(), 2u);
  CHECK_EQ(tail[0].at("type").as_string(), "function_call");
  CHECK_EQ(tail[1].at("type").as_string(), "function_call_output");
}

SCENARIO("version 2 names the response before, with the call and its output") {
  ws_peer peer{{talking({tool_call("resp_9"), answer()})}};
  socket_thread thread{peer, v2};
  CHECK_EQ(thread.take_turn("Go.").answer().value_or(""), "Done.");
  const auto messages = peer.messages();
  REQUIRE_EQ(messages.size(), 2u);
  const auto next = boost::json::parse(messages[1]).as_object();
  CHECK_EQ(next.at("type").as_string(), "response.create");
  CHECK_EQ(next.at("previous_response_id").as_string(), "resp_9");
  CHECK_EQ(input_of(messages[1]).size(), 2u);
}

SCENARIO("after an error version 2 connects anew and sends everything") {
  ws_peer peer{{talking({tool_call(), {.end = ws_reply::ending::close}}), talking({answer()})}};
  socket_thread thread{peer, v2};
  const auto turn = thread.take_turn("Go.");
  CHECK_EQ(turn.answer().value_or(""), "Done.");
  CHECK_EQ(turn.all<stream_error>().size(), 1u);
  CHECK_EQ(peer.handshakes().size(), 2u);
  const auto messages = peer.messages();
  REQUIRE_EQ(messages.size(), 3u);
  CHECK(!boost::json::parse(messages[2]).as_object().contains("previous_response_id"));
  CHECK_EQ(input_of(messages[2]).size(), input_of(messages[0]).size() + 2);
}

SCENARIO("426 to the connection made ahead and to the turn's: one request over HTTP, in silence") {
  ws_peer peer{{refusing(426)}, over_http()};
  socket_thread thread{peer};
  const auto turn = thread.take_turn("Go.");
  CHECK_EQ(turn.answer().value_or(""), "Done.");
  CHECK(turn.all<stream_error>().empty());
  CHECK(turn.all<warning>().empty());
  CHECK_EQ(peer.handshakes().size(), 2u);
  CHECK_EQ(posts(peer).size(), 1u);
  CHECK_EQ(thread.take_turn("And again.").answer().value_or(""), "Done.");
  CHECK_EQ(peer.handshakes().size(), 2u);
  CHECK_EQ(posts(peer).size(), 2u);
}

SCENARIO("two retries spent: one handshake ahead and three, one warning, one request over HTTP") {
  ws_peer peer{{refusing(500)}, over_http()};
  socket_thread thread{peer, v1, 2};
  const auto turn = thread.take_turn("Go.");
  CHECK_EQ(turn.answer().value_or(""), "Done.");
  strings notices;
  for (const auto& x : turn.all<stream_error>())
    notices.push_back(x.message);
  CHECK_EQ(notices, (strings{"Reconnecting... 1/2", "Reconnecting... 2/2"}));
  const auto warnings = turn.all<warning>();
  REQUIRE_EQ(warnings.size(), 1u);
  CHECK(warnings[0].message.starts_with("Falling back from WebSockets to HTTPS transport. "));
  CHECK_EQ(peer.handshakes().size(), 1u + 3u);
  CHECK_EQ(posts(peer).size(), 1u);
  CHECK(peer.messages().empty());
}

SCENARIO("the second turn after a fallback makes no handshake and warns no more") {
  ws_peer peer{{refusing(500)}, over_http()};
  socket_thread thread{peer, v1, 0};
  CHECK_EQ(thread.take_turn("Go.").all<warning>().size(), 1u);
  const auto handshakes = peer.handshakes().size();
  const auto second = thread.take_turn("And again.");
  CHECK_EQ(second.answer().value_or(""), "Done.");
  CHECK(second.all<warning>().empty());
  CHECK_EQ(peer.handshakes().size(), handshakes);
  CHECK_EQ(posts(peer).size(), 2u);
}

SCENARIO("the turn state of a handshake goes along when the same turn connects again, no further") {
  auto first = talking({{.end = ws_reply::ending::close}});
  first.headers.set("x-codex-turn-state", "ts-1");
  ws_peer peer{{first, talking({answer()})}};
  socket_thread thread{peer};
  CHECK_EQ(thread.take_turn("Go.").answer().value_or(""), "Done.");
  CHECK_EQ(thread.take_turn("Again.").answer().value_or(""), "Done.");
  const auto handshakes = peer.handshakes();
  REQUIRE_EQ(handshakes.size(), 3u);
  CHECK(!handshakes[0].headers.contains("x-codex-turn-state"));
  CHECK_EQ(header(handshakes[1], "x-codex-turn-state"), "ts-1");
  CHECK(!handshakes[2].headers.contains("x-codex-turn-state"));
}
