#define CAF_SUITE sim_model
#include <caf/test/bdd_dsl.hpp>

#include "apps/sim/scenario_reader.hpp"
#include "apps/sim/simulated_model.hpp"
#include "net/wire/sse_parser.hpp"
#include "tests/apps/sim_requests.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <map>
#include <set>

using namespace troupe::sim;
using namespace std::chrono_literals;
using troupe::test::sim_request;
namespace json = boost::json;

namespace {

scenario read(std::string_view toml) {
  auto result = read_scenario(toml, "test.toml");
  if (auto* error = std::get_if<std::string>(&result))
    CAF_FAIL(*error);
  return std::get<scenario>(std::move(result));
}

std::vector<json::object> events_of(const answer& x) {
  troupe::net::sse_parser parser;
  std::vector<troupe::net::sse_event> events;
  parser.feed(x.body, events);
  std::vector<json::object> result;
  for (const auto& event : events)
    result.push_back(json::parse(event.data).as_object());
  return result;
}

// The finished items of an answer.
std::vector<json::object> items_of(const answer& x) {
  std::vector<json::object> result;
  for (const auto& event : events_of(x))
    if (event.at("type").as_string() == "response.output_item.done")
      result.push_back(event.at("item").as_object());
  return result;
}

std::string message_of(const answer& x) {
  for (const auto& item : items_of(x))
    if (item.at("type").as_string() == "message")
      return std::string{item.at("content").at(0).at("text").as_string()};
  return "(no message)";
}

json::object usage_of(const answer& x) {
  return events_of(x).back().at("response").at("usage").as_object();
}

answer respond(const simulated_model& model, sim_request& request,
               const request_place& place = {}) {
  const auto view = request.view();
  return model.respond(view, model.thread_key(view, ""), place).what;
}

/// One scenario with all that is drawn from the seed.
constexpr std::string_view random_scenario = R"toml(
[pace]
first_token_ms = { median = 100, sigma = 0.5 }
token_ms = { min = 1, max = 9 }
[random.word]
per = "request"
choices = ["red", "green", "blue", "white"]
[[fault]]
kind = "cut"
when = { chance = 0.2 }
[[fault]]
kind = "garbage"
when = { chance = 0.2 }
[[rule]]
name = "half"
when = { chance = 0.5 }
reply = [{ message = "half {{random.word}}" }]
[[rule]]
name = "rest"
reply = [{ message = "rest {{random.word}}" }, { run = "echo {{request}}" }]
)toml";

} // namespace

SCENARIO("the first rule that applies answers") {
  const simulated_model model{read(R"toml(
[[rule]]
when = { user = "b" }
reply = [{ message = "one" }]
[[rule]]
when = { user = "a" }
reply = [{ message = "two" }]
[[rule]]
reply = [{ message = "three" }]
)toml")};
  CHECK_EQ(message_of(respond(model, sim_request{}.user("ab"))), "one");
  CHECK_EQ(message_of(respond(model, sim_request{}.user("a"))), "two");
  CHECK_EQ(message_of(respond(model, sim_request{}.user("c"))), "three");
}

SCENARIO("a request without a rule is refused with an explanation") {
  const simulated_model model{read("name = \"n\"\n[[rule]]\nwhen = { user = 'x' }\nreply = []")};
  sim_request request;
  request.user("hello");
  const auto view = request.view();
  const auto outcome = model.respond(view, 1, {});
  CHECK_EQ(outcome.rule, simulated_model::no_rule);
  CHECK_EQ(outcome.what.status, 400);
  CHECK(outcome.what.body.find("the scenario \\\"n\\\" has no rule for this request") !=
        std::string::npos);
}

SCENARIO("the same seed gives the same bytes, in whatever order requests come") {
  const simulated_model one{read(random_scenario), 7};
  const simulated_model two{read(random_scenario), 7};
  std::map<std::pair<int, std::uint64_t>, answer> forwards;
  const auto ask = [](const simulated_model& model, int thread, std::uint64_t number) {
    sim_request request;
    request.thread("thread-" + std::to_string(thread)).usual_tools().user("go");
    return respond(model, request, {number, 1, 0});
  };
  for (int thread = 0; thread < 20; ++thread)
    for (std::uint64_t number = 1; number <= 5; ++number)
      forwards.emplace(std::pair{thread, number}, ask(one, thread, number));
  for (std::uint64_t number = 5; number > 0; --number)
    for (int thread = 19; thread >= 0; --thread)
      CHECK(ask(two, thread, number) == forwards.at({thread, number}));
}

SCENARIO("another seed, thread or request number gives another answer") {
  const simulated_model model{read(random_scenario), 7};
  const simulated_model other{read(random_scenario), 8};
  std::set<std::string> seen;
  int differing = 0;
  for (std::uint64_t number = 1; number <= 50; ++number) {
    sim_request request;
    request.usual_tools().user("go");
    const auto x = respond(model, request, {number, 1, 0});
    seen.insert(x.body);
    differing += x == respond(other, request, {number, 1, 0}) ? 0 : 1;
    sim_request of_other;
    of_other.thread("thread-2").usual_tools().user("go");
    CHECK(x != respond(model, of_other, {number, 1, 0}));
  }
  CHECK_EQ(differing, 50);
  CHECK(seen.size() > 40);
}

SCENARIO("the scenario's seed counts when none is given") {
  CHECK_EQ((simulated_model{read("seed = 9\n[[rule]]\nreply = []")}.seed()), 9u);
  CHECK_EQ((simulated_model{read("seed = 9\n[[rule]]\nreply = []"), 4}.seed()), 4u);
}

SCENARIO("a thread is known by its cache key, else by the session header") {
  const simulated_model model{read("[[rule]]\nreply = []")};
  sim_request request;
  request.thread("a").user("x");
  const auto a = request.view();
  CHECK_EQ(model.thread_key(a, "s"), model.thread_key(a, "other"));
  sim_request without;
  without.thread("").user("x");
  const auto none = without.view();
  CHECK(model.thread_key(none, "s") != model.thread_key(none, "other"));
}

SCENARIO("with identity prompt the first prompt decides, whatever the thread is called") {
  const simulated_model model{read("identity = 'prompt'\n[[rule]]\nreply = []")};
  const auto key = [&](std::string_view thread, std::string_view prompt) {
    sim_request request;
    request.thread(thread).user(prompt).assistant("ok").user("more");
    return model.thread_key(request.view(), "");
  };
  CHECK_EQ(key("a", "p"), key("b", "p"));
  CHECK(key("a", "p") != key("a", "q"));
}

SCENARIO("a constant reply that is kept ready equals one that is written anew") {
  // The second rule says the same, but through a template.
  const simulated_model ready{read("[[rule]]\nname = 'r'\nreply = [{ message = 'some words' }, { "
                                   "call = 'f', arguments = { a = 1 } }]")};
  const simulated_model written{read("[[rule]]\nname = 'r'\nreply = [{ message = 'some "
                                     "{{last_user}}' }, { call = 'f', arguments = { a = 1 } }]")};
  sim_request request;
  request.user("words");
  for (std::uint64_t number = 1; number < 4; ++number)
    CHECK(respond(ready, request, {number, 1, 0}) == respond(written, request, {number, 1, 0}));
}

SCENARIO("ids differ from request to request, also when a thread goes on in another run") {
  const simulated_model model{read("[[rule]]\nreply = [{ call = 'f' }]")};
  std::set<std::string> calls;
  sim_request request;
  for (std::uint64_t turn = 1; turn <= 10; ++turn) {
    request.user("again");
    for (std::uint64_t number = 1; number <= 3; ++number)
      calls.emplace(items_of(respond(model, request, {number, 1, 0}))[0].at("call_id").as_string());
  }
  CHECK_EQ(calls.size(), 30u);
}

SCENARIO("usage is computed from the bytes, unless the scenario gives it") {
  const simulated_model model{
    read("[[rule]]\nreply = [{ reasoning = '12345' }, { message = '1234567' }]")};
  sim_request request;
  request.user(std::string(4000, 'x'));
  const auto input = static_cast<std::int64_t>((request.body().size() + 3) / 4);
  const auto first = usage_of(respond(model, request));
  CHECK_EQ(first.at("input_tokens").as_int64(), input);
  CHECK_EQ(first.at("output_tokens").as_int64(), 3);
  CHECK_EQ(first.at("total_tokens").as_int64(), input + 3);
  CHECK_EQ(first.at("output_tokens_details").at("reasoning_tokens").as_int64(), 2);
  CHECK_EQ(first.at("input_tokens_details").at("cached_tokens").as_int64(), 0);
  // What the request before had is cached, in blocks of 128.
  const auto second = usage_of(respond(model, request, {2, 1, 700}));
  CHECK_EQ(second.at("input_tokens_details").at("cached_tokens").as_int64(), 640);
  const simulated_model fixed{read(
    "usage = { input_tokens = 1, cached_tokens = 2, output_tokens = 3, reasoning_tokens = 4 }\n"
    "[[rule]]\nreply = []")};
  const auto given = usage_of(respond(fixed, request));
  CHECK_EQ(given.at("input_tokens").as_int64(), 1);
  CHECK_EQ(given.at("output_tokens_details").at("reasoning_tokens").as_int64(), 4);
}

SCENARIO("a rule's usage, pace and headers replace the scenario's") {
  const simulated_model model{read(R"toml(
headers = { x-turn = "all" }
usage = { input_tokens = 5 }
[pace]
first_token_ms = 10
[[rule]]
usage = { reported = false }
pace = { first_token_ms = 0, token_ms = 7, tokens_per_event = 2 }
headers = { x-own = "{{turn}}" }
reply = [{ message = "0123456789abcdef" }]
)toml")};
  sim_request request;
  request.user("x");
  const auto x = respond(model, request);
  CHECK(events_of(x).back().at("response").at("usage").is_null());
  std::vector<std::chrono::microseconds> waits;
  for (const auto& event : x.events)
    if (event.wait > 0us)
      waits.push_back(event.wait);
  CHECK_EQ(waits, (std::vector<std::chrono::microseconds>{14ms, 14ms})); // two tokens per event
  const std::map<std::string, std::string> headers(x.headers.begin(), x.headers.end());
  CHECK_EQ(headers.at("x-turn"), "all");
  CHECK_EQ(headers.at("x-own"), "1");
  CHECK(headers.contains("x-request-id"));
}

SCENARIO("the first token waits, the opening does not, and each token waits again") {
  const simulated_model model{read("pace = { first_token_ms = 100, token_ms = 5 }\n[[rule]]\nreply "
                                   "= [{ message = '0123456789abcdef!' }]")};
  sim_request request;
  const auto x = respond(model, request.user("x"));
  REQUIRE_EQ(x.events.size(), events_of(x).size());
  CHECK_EQ(x.events[0].wait, 0ms);
  CHECK_EQ(x.events[1].wait, 0ms);
  CHECK_EQ(x.events[2].wait, 100ms);
  CHECK_EQ(x.events[4].wait, 20ms); // four tokens
  CHECK_EQ(x.events[5].wait, 5ms);  // the one that is left
  CHECK_EQ(x.events.back().wait, 0ms);
  CHECK_EQ(x.events.back().end, x.body.size());
}

SCENARIO("without pace and fault an answer goes out in one piece") {
  const simulated_model model{read("[[rule]]\nreply = [{ message = 'x' }]")};
  CHECK(respond(model, sim_request{}.user("x")).events.empty());
}

SCENARIO("faults of the scenario come before those of the rule, by their conditions") {
  const simulated_model model{read(R"toml(
[[fault]]
kind = "reset"
when = { turn = 2 }
[[rule]]
reply = [{ message = "fine" }]
[[rule.fault]]
kind = "status"
status = 500
when = { attempt = { max = 2 } }
)toml")};
  sim_request first;
  first.user("x");
  CHECK_EQ(respond(model, first, {1, 1, 0}).status, 500);
  CHECK_EQ(respond(model, first, {2, 2, 0}).status, 500);
  CHECK_EQ(message_of(respond(model, first, {3, 3, 0})), "fine");
  sim_request second;
  second.user("x").user("y");
  CHECK(!respond(model, second, {4, 1, 0}).sends_head);
}

SCENARIO("a rule may only fail") {
  const simulated_model model{read("[[rule]]\nfault = [{ kind = 'failed', code = 'c' }]")};
  const auto events = events_of(respond(model, sim_request{}.user("x")));
  CHECK_EQ(events.back().at("type").as_string(), "response.failed");
}

SCENARIO("a command goes to whichever shell tool is offered") {
  const simulated_model model{read(
    "[[rule]]\nreply = [{ run = 'ls \"a\"', workdir = '/w', timeout_ms = 5, yield_time_ms = 6 }]")};
  const auto call_with = [&](std::string_view tools) {
    sim_request request;
    request.user("x").tools(tools);
    return items_of(respond(model, request)).at(0);
  };
  const auto arguments = [](const json::object& x) {
    return std::string{x.at("arguments").as_string()};
  };
  const auto unified = call_with(R"([{"type":"function","name":"exec_command"}])");
  CHECK_EQ(unified.at("name").as_string(), "exec_command");
  CHECK_EQ(arguments(unified), R"({"cmd":"ls \"a\"","workdir":"/w","yield_time_ms":6})");
  const auto script = call_with(R"([{"type":"function","name":"shell_command"}])");
  CHECK_EQ(arguments(script), R"({"command":"ls \"a\"","workdir":"/w","timeout_ms":5})");
  const auto shell = call_with(R"([{"type":"function","name":"shell"}])");
  CHECK_EQ(arguments(shell),
           R"({"command":["bash","-lc","ls \"a\""],"workdir":"/w","timeout_ms":5})");
  const auto local = call_with(R"([{"type":"local_shell"}])");
  CHECK_EQ(local.at("type").as_string(), "local_shell_call");
  CHECK_EQ(call_with("[]").at("name").as_string(), "exec_command");
}

SCENARIO("a patch takes whichever way is offered") {
  const simulated_model model{read("[[rule]]\nreply = [{ patch = '*** Begin Patch' }]")};
  const auto call_with = [&](std::string_view tools) {
    sim_request request;
    request.user("x").tools(tools);
    return items_of(respond(model, request)).at(0);
  };
  const auto custom = call_with(R"([{"type":"custom","name":"apply_patch"}])");
  CHECK_EQ(custom.at("type").as_string(), "custom_tool_call");
  CHECK_EQ(custom.at("input").as_string(), "*** Begin Patch");
  const auto function = call_with(R"([{"type":"function","name":"apply_patch"}])");
  CHECK_EQ(function.at("arguments").as_string(), R"({"input":"*** Begin Patch"})");
  const auto shell = call_with(R"([{"type":"function","name":"shell_command"}])");
  CHECK_EQ(shell.at("arguments").as_string(),
           R"({"command":"apply_patch <<'END_OF_PATCH'\n*** Begin Patch\nEND_OF_PATCH"})");
  CHECK_EQ(call_with("[]").at("type").as_string(), "custom_tool_call");
}

SCENARIO("a structured answer fits the request's schema") {
  const simulated_model model{read("[[rule]]\nreply = [{ schema_instance = true }]")};
  sim_request request;
  request.user("x").schema(
    R"({"type":"object","properties":{"n":{"type":"integer"}},"required":["n"]})");
  CHECK_EQ(message_of(respond(model, request)), R"({"n":0})");
  sim_request without;
  CHECK_EQ(message_of(respond(model, without.user("x"))), "{}");
}
