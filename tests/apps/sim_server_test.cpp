#define CAF_SUITE sim_server
#include <caf/test/bdd_dsl.hpp>

#include "net/wire/sse_parser.hpp"
#include "tests/apps/sim_fixture.hpp"
#include "tests/net/test_authority.hpp"
#include "tests/support/temp_folder.hpp"

#include <boost/json.hpp>
#include <zstd.h>

#include <fstream>
#include <future>

using namespace troupe;
using namespace troupe::sim;
using fixture = test::sim_fixture;
using test::sim_request;
namespace json = boost::json;

namespace {

std::vector<net::sse_event> events_of(std::string_view body) {
  net::sse_parser parser;
  std::vector<net::sse_event> result;
  parser.feed(body, result);
  return result;
}

constexpr std::string_view plain_rule =
  "[[rule]]\nname = 'say'\nreply = [{ message = 'hi {{last_user}}' }]";

} // namespace

SCENARIO("a request is answered with a stream of events") {
  fixture x{plain_rule};
  CHECK(x.sim.base_url() == "http://127.0.0.1:" + std::to_string(x.sim.port()) + "/v1");
  const auto outcome = x.post(sim_request{}.user("you"));
  CHECK(outcome.error == net::net_errc::none);
  CHECK_EQ(outcome.head.status, 200);
  CHECK_EQ(outcome.head.headers.find("content-type").value_or(""), "text/event-stream");
  const auto events = events_of(outcome.body);
  REQUIRE(!events.empty());
  CHECK_EQ(events.back().name, "response.completed");
  CHECK(outcome.body.find("hi you") != std::string::npos);
}

SCENARIO("a paced answer has the bytes of its plan") {
  const auto pace =
    std::string{"pace = { first_token_ms = 3, token_ms = 1, tokens_per_event = 1 }\n"};
  fixture fast{plain_rule};
  fixture slow{pace + std::string{plain_rule}};
  sim_request request;
  request.user(std::string(60, 'x'));
  const auto paced = slow.post(request);
  CHECK(paced.error == net::net_errc::none);
  const auto data = [](const net::call_outcome& outcome) {
    std::string text;
    for (const auto& event : events_of(outcome.body))
      if (event.name == "response.output_text.delta")
        text += json::parse(event.data).at("delta").as_string();
    return text;
  };
  CHECK_EQ(data(paced), data(fast.post(request)));
}

SCENARIO("many threads are answered at once, each with its own") {
  fixture x{"pace = { first_token_ms = 5 }\n" + std::string{plain_rule}};
  std::vector<std::future<net::call_outcome>> calls;
  for (int i = 0; i < 200; ++i) {
    sim_request request;
    request.thread(std::to_string(i)).user("number " + std::to_string(i) + ".");
    calls.push_back(x.start(x.request("POST", "/responses", request.body())));
  }
  for (int i = 0; i < 200; ++i) {
    const auto outcome = calls[static_cast<std::size_t>(i)].get();
    CHECK(outcome.error == net::net_errc::none);
    CHECK(outcome.body.find("hi number " + std::to_string(i) + ".") != std::string::npos);
  }
  CHECK_EQ(x.sim.stats().responses, 200u);
}

SCENARIO("two simulators with the same seed answer with the same bytes") {
  const auto* toml = "[random.w]\nper = 'request'\nchoices = ['a', 'b', 'c', 'd']\n"
                     "[[rule]]\nreply = [{ message = '{{random.w}}{{random.w}}' }]";
  fixture one{toml, {0, 3, {}}};
  fixture two{toml, {0, 3, {}}};
  sim_request request;
  request.user("x");
  std::vector<std::string> first;
  for (int i = 0; i < 5; ++i)
    first.push_back(one.post(request).body);
  for (const auto& body : first)
    CHECK_EQ(two.post(request).body, body);
}

SCENARIO("a status fault brings its headers and body") {
  fixture x{"[[rule]]\nfault = [{ kind = 'rate_limit', retry_after_s = 2 }]"};
  const auto outcome = x.post(sim_request{}.user("x"));
  CHECK_EQ(outcome.head.status, 429);
  CHECK_EQ(outcome.head.headers.find("retry-after").value_or(""), "2");
  CHECK_EQ(json::parse(outcome.body).at("error").at("code").as_string(), "rate_limit_exceeded");
}

SCENARIO("a reset arrives as a broken connection") {
  fixture x{"[[rule]]\nfault = [{ kind = 'reset' }]"};
  CHECK(x.post(sim_request{}.user("x")).error == net::net_errc::closed_early);
}

SCENARIO("a cut brings the events before it and then a broken connection") {
  fixture x{
    "[[rule]]\nreply = [{ message = 'words' }]\nfault = [{ kind = 'cut', after_events = 3 }]"};
  const auto [text, error] = x.broken_post(sim_request{}.user("x"));
  CHECK(error == net::net_errc::closed_early);
  CHECK_EQ(events_of(text).size(), 3u);
}

SCENARIO("a stall is noticed by the client's own limits") {
  for (const auto* place : {"before_headers", "after_headers", "mid_stream"}) {
    fixture x{
      std::string{"[[rule]]\nreply = [{ message = 'w' }]\nfault = [{ kind = 'stall', at = '"} +
      place + "' }]"};
    auto request = x.request("POST", "/v1/responses", sim_request{}.user("x").body());
    request.limits.head = request.limits.idle = std::chrono::milliseconds{50};
    const auto error = x.start(std::move(request)).get().error;
    CHECK(error == net::net_errc::timed_out_headers || error == net::net_errc::idle_timeout);
  }
}

SCENARIO("a stall for a while and a slow answer come to their end") {
  fixture x{"[[rule]]\nreply = [{ message = 'w' }]\n[[rule.fault]]\nkind = 'stall'\nfor_ms = 5\n"
            "when = { request = 1 }\n[[rule.fault]]\nkind = 'slow'\nbytes_per_second = 200000"};
  for (int i = 0; i < 2; ++i) {
    const auto outcome = x.post(sim_request{}.user("x"));
    CHECK(outcome.error == net::net_errc::none);
    CHECK_EQ(events_of(outcome.body).back().name, "response.completed");
  }
}

SCENARIO("an endless answer goes on until the client leaves") {
  fixture x{"[[rule]]\nreply = []\nfault = [{ kind = 'endless', interval_ms = 1 }]"};
  const auto enough = std::make_shared<std::promise<void>>();
  const auto done = std::make_shared<std::promise<net::net_errc>>();
  const auto seen = std::make_shared<std::string>();
  net::http_handlers handlers;
  handlers.on_chunk = [enough, seen](std::string_view chunk) {
    const bool was_enough = seen->size() > 1000;
    *seen += chunk;
    if (!was_enough && seen->size() > 1000)
      enough->set_value();
  };
  handlers.on_done = [done](const net::call_outcome& outcome) { done->set_value(outcome.error); };
  const auto call = x.client.start(
    x.request("POST", "/v1/responses", sim_request{}.user("x").body()), std::move(handlers));
  enough->get_future().get();
  CHECK_EQ(x.sim.stats().streams_open, 1u);
  call.cancel();
  CHECK(done->get_future().get() == net::net_errc::cancelled);
}

SCENARIO("streams are held until as many are open as the scenario wants") {
  fixture x{"hold_until_open = 3\n" + std::string{plain_rule}};
  std::vector<std::future<net::call_outcome>> streams;
  for (int i = 0; i < 3; ++i)
    streams.push_back(x.start(x.request("POST", "/v1/responses", sim_request{}.user("x").body())));
  for (auto& stream : streams)
    CHECK_EQ(stream.get().head.status, 200);
  CHECK_EQ(x.sim.stats().streams_peak, 3u);
  CHECK_EQ(x.post(sim_request{}.user("x")).head.status, 200); // alone, and not held
}

SCENARIO("what is no request is refused and counted") {
  fixture x{plain_rule};
  const auto bad = x.start(x.request("POST", "/v1/responses", "nonsense")).get();
  CHECK_EQ(bad.head.status, 400);
  CHECK_EQ(json::parse(bad.body).at("error").at("message").as_string(),
           "the body is not one JSON object");
  auto encoded = x.request("POST", "/v1/responses", "x");
  encoded.headers.set("content-encoding", "br");
  CHECK_EQ(x.start(std::move(encoded)).get().head.status, 400);
  CHECK_EQ(x.get("/v1/nothing").head.status, 404);
  CHECK_EQ(x.sim.stats().requests, 3u);
  CHECK_EQ(x.sim.stats().unmatched, 1u);
}

SCENARIO("a compressed request is understood") {
  fixture x{plain_rule};
  const auto body = sim_request{}.user("zstd").body();
  std::string packed(ZSTD_compressBound(body.size()), '\0');
  packed.resize(ZSTD_compress(packed.data(), packed.size(), body.data(), body.size(), 3));
  auto request = x.request("POST", "/v1/responses", packed);
  request.headers.set("content-encoding", "zstd");
  CHECK(x.start(std::move(request)).get().body.find("hi zstd") != std::string::npos);
}

SCENARIO("the endpoints beside responses answer") {
  fixture x{"models = ['m1']\n" + std::string{plain_rule}};
  CHECK_EQ(json::parse(x.get("/v1/models").body).at("data").at(0).at("id").as_string(), "m1");
  CHECK_EQ(json::parse(x.get("/models?client_version=1.0.0").body).at("models").at(0).at("slug"),
           "m1");
  const auto compact =
    x.start(x.request("POST", "/v1/responses/compact", sim_request{}.user("x").body())).get();
  CHECK_EQ(json::parse(compact.body).at("output").as_array().size(), 2u);
  const auto memories =
    x.start(x.request("POST", "/v1/memories/trace_summarize", R"({"traces":[{}]})")).get();
  CHECK_EQ(json::parse(memories.body).at("output").as_array().size(), 1u);
}

SCENARIO("statistics count rules and faults") {
  fixture x{"name = 'counted'\n[[rule]]\nname = 'first'\nwhen = { request = 1 }\nreply = []\n"
            "fault = [{ kind = 'failed' }]\n[[rule]]\nname = 'later'\nreply = []"};
  for (int i = 0; i < 3; ++i)
    x.post(sim_request{}.user("x"));
  const auto stats = json::parse(x.get("/sim/stats").body);
  CHECK_EQ(stats.at("scenario").as_string(), "counted");
  CHECK_EQ(stats.at("requests").as_int64(), 4);
  CHECK_EQ(stats.at("responses").as_int64(), 3);
  CHECK_EQ(stats.at("rules").at("first").as_int64(), 1);
  CHECK_EQ(stats.at("rules").at("later").as_int64(), 2);
  CHECK_EQ(stats.at("faults").at("failed").as_int64(), 1);
  CHECK_EQ(stats.at("streams_open").as_int64(), 0);
}

SCENARIO("an answer of JSON can be cut in the middle") {
  fixture x{"models = ['m1']\n[[fault]]\non = 'models'\nkind = 'cut'\nwhen = { request = 1 }\n" +
            std::string{plain_rule}};
  CHECK(x.get("/v1/models").error == net::net_errc::closed_early);
  CHECK_EQ(json::parse(x.get("/v1/models").body).at("data").as_array().size(), 1u);
}

SCENARIO("a known catalogue is answered without a body") {
  fixture x{"models_etag = '\"1\"'\n" + std::string{plain_rule}};
  auto request = x.request("GET", "/v1/models?client_version=1.0.0");
  request.headers.set("If-None-Match", "\"1\"");
  const auto outcome = x.start(std::move(request)).get();
  CHECK_EQ(outcome.head.status, 304);
  CHECK(outcome.body.empty());
}

SCENARIO("over TLS the simulator is trusted by those who know its authority") {
  net::test::test_authority authority;
  const auto files = authority.issue("IP:127.0.0.1");
  simulator_options options;
  options.tls = net::tls_server_options{files.certificate, files.key};
  net::http_client_options trusting;
  trusting.tls.ca_file = authority.bundle();
  fixture x{plain_rule, options, trusting};
  CHECK(x.sim.base_url().starts_with("https://127.0.0.1:"));
  CHECK(x.post(sim_request{}.user("tls")).body.find("hi tls") != std::string::npos);
  fixture strange{plain_rule, options};
  CHECK(strange.post(sim_request{}.user("tls")).error == net::net_errc::tls_failed);
}

SCENARIO("a thousand paced streams at once all come to their end") {
  fixture x{"pace = { first_token_ms = { min = 0, max = 50 }, token_ms = { min = 0, max = 5 } }\n" +
            std::string{plain_rule}};
  std::vector<std::future<net::call_outcome>> calls;
  for (int i = 0; i < 1000; ++i) {
    sim_request request;
    request.thread(std::to_string(i)).user("x");
    calls.push_back(x.start(x.request("POST", "/v1/responses", request.body())));
  }
  for (auto& call : calls) {
    const auto outcome = call.get();
    CHECK(outcome.error == net::net_errc::none);
    CHECK(outcome.body.ends_with("\n\n"));
    CHECK(outcome.body.find("response.completed") != std::string::npos);
  }
  CHECK_EQ(x.sim.stats().streams_open, 0u);
}

SCENARIO("the bodies of token requests are not logged") {
  const test::temp_folder folder;
  const auto file = folder.path() / "log.jsonl";
  {
    fixture x{"[auth]\n" + std::string{plain_rule}, {0, {}, file}};
    x.start(x.request("POST", "/oauth/token", R"({"refresh_token":"very-secret"})")).get();
  }
  std::ifstream in{file};
  std::string line;
  REQUIRE(std::getline(in, line));
  CHECK(line.find("very-secret") == std::string::npos);
  CHECK_EQ(json::parse(line).at("body").as_string(), "***");
}

SCENARIO("requests are logged with their rule and fault, without credentials") {
  const test::temp_folder folder;
  const auto file = folder.path() / "log.jsonl";
  {
    fixture x{"[[rule]]\nname = 'r'\nreply = []\nfault = [{ kind = 'no_completed', name = 'f' }]",
              {0, {}, file}};
    auto request = x.request("POST", "/v1/responses", sim_request{}.user("x").body());
    request.headers.set("authorization", "Bearer very-secret");
    x.start(std::move(request)).get();
  }
  std::ifstream in{file};
  std::string line;
  REQUIRE(std::getline(in, line));
  CHECK(line.find("very-secret") == std::string::npos);
  const auto entry = json::parse(line);
  CHECK_EQ(entry.at("rule").as_string(), "r");
  CHECK_EQ(entry.at("fault").as_string(), "f");
  CHECK_EQ(entry.at("status").as_int64(), 200);
  CHECK_EQ(entry.at("body").at("model").as_string(), "sim-model");
}

SCENARIO("a simulator that cannot start says why") {
  fixture x{plain_rule};
  simulator second{x.pool, fixture::read(plain_rule), {x.sim.port(), {}, {}}};
  const auto problem = second.start();
  REQUIRE(problem.has_value());
  CHECK(problem->starts_with("port " + std::to_string(x.sim.port()) + ": "));
  simulator unloggable{x.pool, fixture::read(plain_rule), {0, {}, "/nowhere/log"}};
  CHECK_EQ(unloggable.start().value_or(""), "/nowhere/log: No such file or directory");
}

SCENARIO("stopping cuts what is under way") {
  fixture x{"[[rule]]\nfault = [{ kind = 'stall' }]"};
  auto call = x.start(x.request("POST", "/v1/responses", sim_request{}.user("x").body()));
  // The request has arrived when it is counted; a second one on the same lane tells.
  while (x.sim.stats().responses == 0)
    x.get("/sim/stats");
  x.sim.stop();
  CHECK(call.get().error != net::net_errc::none);
}
