#define CAF_SUITE sim_websocket
#include <caf/test/bdd_dsl.hpp>

#include "tests/apps/sim_fixture.hpp"
#include "tests/apps/sim_socket.hpp"
#include "tests/support/temp_folder.hpp"

#include <boost/json.hpp>

#include <fstream>

using namespace troupe;
using namespace troupe::sim;
using namespace std::chrono_literals;
using test::sim_request;
using test::sim_socket;
namespace json = boost::json;

namespace {

constexpr std::string_view v1 = "responses_websockets=2026-02-04";
constexpr std::string_view v2 = "responses_websockets=2026-02-06";

struct fixture : test::sim_fixture {
  explicit fixture(std::string_view toml, sim::simulator_options options = {})
    : sim_fixture("websocket = 'any'\n" + std::string{toml}, std::move(options)) {}

  net::ws_request handshake(std::string_view beta = v2) {
    net::ws_request result;
    result.url = sim.base_url() + "/responses";
    result.headers.set("OpenAI-Beta", beta);
    result.headers.set("session_id", "thread-1");
    return result;
  }

  sim_socket open(net::ws_request x) { return sim_socket{client, std::move(x)}; }
  sim_socket open(std::string_view beta = v2) { return open(handshake(beta)); }
};

// A message that asks for a response.
std::string create(std::string_view items, std::string_view previous = "") {
  auto result = R"({"type":"response.create","model":"m","input":[)" + std::string{items} + "]";
  if (!previous.empty())
    result += R"(,"previous_response_id":")" + std::string{previous} + '"';
  return result + "}";
}

std::string user(std::string_view text) {
  return R"({"type":"message","role":"user","content":[{"type":"input_text","text":")" +
         std::string{text} + "\"}]}";
}

std::string said(const std::vector<json::object>& events) {
  std::string result;
  for (const auto& x : events)
    if (x.at("type") == "response.output_text.delta")
      result += x.at("delta").as_string();
  return result;
}

std::string id_of(const std::vector<json::object>& events) {
  return std::string{events.back().at("response").at("id").as_string()};
}

constexpr std::string_view turn_rule = "[[rule]]\nname = 'r'\nreply = [{ message = 'turn {{turn}} "
                                       "{{first_user}} {{last_user}}' }]";

} // namespace

SCENARIO("a socket is refused with 426 unless the scenario allows it") {
  test::sim_fixture x{turn_rule};
  net::ws_request request;
  request.url = x.sim.base_url() + "/responses";
  request.headers.set("OpenAI-Beta", v2);
  const auto outcome = sim_socket{x.client, std::move(request)}.outcome();
  CHECK(outcome.error == net::net_errc::ws_refused);
  CHECK_EQ(outcome.head.status, 426);
}

SCENARIO("a handshake must name a version that is served") {
  fixture x{turn_rule};
  CHECK_EQ(x.open("something").outcome().head.status, 400);
  test::sim_fixture only{"websocket = 'v1'\n" + std::string{turn_rule}};
  for (const auto& [beta, status] : {std::pair{v1, 101}, std::pair{v2, 400}}) {
    net::ws_request request;
    request.url = only.sim.base_url() + "/responses";
    request.headers.set("OpenAI-Beta", beta);
    CHECK_EQ(sim_socket(only.client, std::move(request)).head().status, status);
  }
  CHECK_EQ(only.sim.stats().handshakes, 1u);
}

SCENARIO("requests of the second version go on from the last response") {
  fixture x{turn_rule};
  auto socket = x.open(v2);
  socket.send(create(user("one")));
  const auto first = socket.response();
  CHECK_EQ(said(first), "turn 1 one one");
  socket.send(create(user("two"), id_of(first)));
  const auto second = socket.response();
  CHECK_EQ(said(second), "turn 2 one two");
  socket.send(create(user("new")));
  CHECK_EQ(said(socket.response()), "turn 1 new new");
  CHECK_EQ(x.sim.stats().responses, 3u);
  CHECK_EQ(x.sim.stats().websockets_open, 1u);
}

SCENARIO("requests of the first version append") {
  fixture x{turn_rule};
  auto socket = x.open(v1);
  socket.send(create(user("one")));
  socket.response();
  socket.send(R"({"type":"response.append","input":[)" + user("two") + "]}");
  CHECK_EQ(said(socket.response()), "turn 2 one two");
}

SCENARIO("an unknown response, and what is no request, end the socket") {
  fixture x{turn_rule};
  for (const auto& [message, code] :
       {std::pair{create(user("x"), "resp_unknown"), "previous_response_not_found"},
        std::pair{std::string{"nonsense"}, "invalid_request_error"}}) {
    auto socket = x.open();
    socket.send(message);
    const auto event = socket.next().value_or(json::object{});
    CHECK_EQ(event.at("type").as_string(), "error");
    CHECK_EQ(event.at("error").at("code").as_string(), code);
    CHECK(socket.outcome().error == net::net_errc::ws_closed);
    CHECK_EQ(socket.outcome().closed->code, 1008);
  }
}

SCENARIO("a second request during an answer ends the socket") {
  fixture x{"[[rule]]\nfault = [{ kind = 'stall', at = 'mid_stream', after_events = 1 }]"};
  auto socket = x.open();
  socket.send(create(user("x")));
  socket.next();
  CHECK_EQ(x.sim.stats().streams_open, 1u);
  socket.send(create(user("y")));
  CHECK_EQ(socket.outcome().closed->code, 1008);
}

SCENARIO("the figures and the timing come as events when they are wanted") {
  fixture x{"[rate_limits]\nprimary = { used_percent = 5 }\n" + std::string{turn_rule}};
  auto request = x.handshake();
  request.headers.set("x-responsesapi-include-timing-metrics", "true");
  auto socket = x.open(std::move(request));
  socket.send(create(user("x")));
  const auto all = socket.response();
  CHECK_EQ(all.front().at("type").as_string(), "codex.rate_limits");
  CHECK_EQ(all.front().at("rate_limits").at("primary").at("used_percent").as_double(), 5);
  CHECK_EQ(all[all.size() - 2].at("type").as_string(), "responsesapi.websocket_timing");
  auto plain = x.open();
  plain.send(create(user("x")));
  const auto fewer = plain.response();
  CHECK_EQ(fewer[fewer.size() - 2].at("type").as_string(), "response.output_item.done");
}

SCENARIO("the answer to a handshake has the scenario's headers and the catalogue's tag") {
  fixture x{"models_etag = '\"1\"'\nheaders = { x-codex-turn-state = 'ts' }\n" +
            std::string{turn_rule}};
  const auto head = x.open().head();
  CHECK_EQ(head.status, 101);
  CHECK_EQ(head.headers.find("x-models-etag").value_or(""), "\"1\"");
  CHECK_EQ(head.headers.find("x-codex-turn-state").value_or(""), "ts");
}

SCENARIO("a handshake can be refused, unauthorised, late and cut off") {
  fixture x{"[[fault]]\non = 'handshake'\nkind = 'status'\nstatus = 503\nwhen = { request = 1 }\n"
            "[[fault]]\non = 'handshake'\nkind = 'reset'\nwhen = { request = 2 }\n"
            "[[fault]]\non = 'handshake'\nkind = 'stall'\nfor_ms = 5\nwhen = { request = 3 }\n"
            "[auth]\ntokens = ['t']\n" +
            std::string{turn_rule}};
  CHECK_EQ(x.open().outcome().head.status, 503);
  CHECK_EQ(x.open().outcome().head.status, 0);
  auto late = x.handshake();
  late.headers.set("authorization", "Bearer t");
  CHECK_EQ(x.open(std::move(late)).head().status, 101);
  CHECK_EQ(x.open().outcome().head.status, 401);
  CHECK_EQ(x.sim.stats().unauthorized, 1u);
}

SCENARIO("faults happen to messages as they do to streams") {
  const auto outcome_with = [](std::string_view fault) {
    fixture x{"[[rule]]\nreply = [{ message = 'words' }]\nfault = [{ " + std::string{fault} +
              " }]"};
    auto request = x.handshake();
    request.limits.idle = 200ms;
    request.limits.max_message_bytes = 100'000;
    auto socket = x.open(std::move(request));
    socket.send(create(user("x")));
    return socket.outcome();
  };
  CHECK(outcome_with("kind = 'cut', after_events = 2").error == net::net_errc::closed_early);
  CHECK(outcome_with("kind = 'reset'").error != net::net_errc::none);
  CHECK(outcome_with("kind = 'stall'").error == net::net_errc::idle_timeout);
  CHECK(outcome_with("kind = 'binary', after_events = 1").error == net::net_errc::ws_binary);
  const auto closed = outcome_with("kind = 'close', code = 1001, reason = 'away'");
  CHECK(closed.error == net::net_errc::ws_closed);
  CHECK_EQ(closed.closed->code, 1001);
  CHECK_EQ(closed.closed->reason, "away");
  CHECK(outcome_with("kind = 'status', status = 500").error == net::net_errc::ws_closed);
  CHECK(outcome_with("kind = 'garbage', filler_bytes = 200000").error == net::net_errc::too_large);
}

SCENARIO("a ping and noise between the messages harm nobody") {
  fixture x{"[[rule]]\nreply = [{ message = 'words' }]\n"
            "fault = [{ kind = 'ping', when = { request = 1 } }, { kind = 'unknown' }]"};
  auto socket = x.open();
  for (int i = 0; i < 2; ++i) {
    socket.send(create(user("x")));
    CHECK_EQ(said(socket.response()), "words");
  }
  socket.wait_for_ping();
}

SCENARIO("rules tell messages from requests over HTTP") {
  fixture x{"[[rule]]\nwhen = { transport = 'websocket' }\nreply = [{ message = 'ws' }]\n"
            "[[rule]]\nreply = [{ message = 'http' }]"};
  auto socket = x.open();
  socket.send(create(user("x")));
  CHECK_EQ(said(socket.response()), "ws");
  CHECK(x.post(sim_request{}.user("x")).body.find("\"http\"") != std::string::npos);
}

SCENARIO(
  "a message beyond the limit is answered with a failed response that says when to come again") {
  fixture x{"[limits]\nrequests_per_second = 0.5\n" + std::string{turn_rule}};
  auto socket = x.open();
  socket.send(create(user("x")));
  socket.response();
  socket.send(create(user("x")));
  socket.send("end"); // closes the socket, so that what came before is all there is
  const auto refused = socket.response();
  REQUIRE(!refused.empty());
  CHECK_EQ(refused.front().at("type").as_string(), "response.failed");
  const auto& error = refused.front().at("response").at("error");
  CHECK_EQ(error.at("code").as_string(), "rate_limit_exceeded");
  CHECK(error.at("message").as_string().find("try again in") != json::string::npos);
  CHECK_EQ(x.sim.stats().refused, 1u);
}

SCENARIO("handshakes and messages are logged, with their whole input") {
  const test::temp_folder folder;
  const auto file = folder.path() / "log.jsonl";
  {
    fixture x{turn_rule, {0, {}, file}};
    auto socket = x.open(v1);
    socket.send(create(user("one")));
    socket.response();
    socket.send(R"({"type":"response.append","input":[)" + user("two") + "]}");
    socket.response();
  }
  std::ifstream in{file};
  std::vector<json::value> lines;
  for (std::string line; std::getline(in, line);)
    lines.push_back(json::parse(line));
  REQUIRE_EQ(lines.size(), 3u);
  CHECK_EQ(lines[0].at("status").as_int64(), 101);
  CHECK_EQ(lines[2].at("method").as_string(), "MESSAGE");
  CHECK_EQ(lines[2].at("rule").as_string(), "r");
  CHECK_EQ(lines[2].at("body").at("input").as_array().size(), 2u);
}

SCENARIO("stopping ends open sockets") {
  fixture x{turn_rule};
  auto socket = x.open();
  socket.head();
  x.sim.stop();
  CHECK(socket.outcome().error != net::net_errc::none);
}
