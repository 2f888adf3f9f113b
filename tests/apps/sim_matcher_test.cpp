#define CAF_SUITE sim_matcher
#include <caf/test/bdd_dsl.hpp>

#include "apps/sim/matcher.hpp"
#include "apps/sim/scenario_reader.hpp"
#include "apps/sim/thread_table.hpp"
#include "tests/apps/sim_requests.hpp"

using namespace troupe::sim;
using troupe::test::sim_request;

namespace {

condition condition_of(std::string_view when) {
  auto read = read_scenario("[[rule]]\nreply = []\nwhen = { " + std::string{when} + " }", "test");
  if (const auto* error = std::get_if<std::string>(&read))
    CAF_FAIL(*error);
  return std::move(std::get<scenario>(read).rules[0].when);
}

// The second turn of a thread: two commands have run, the last one failed.
struct fixture {
  fixture() {
    request.model("gpt-5.2-codex")
      .usual_tools()
      .user("hello")
      .assistant("hi")
      .user("run the tests");
    request.ran("c1", 0, "built").ran("c2", 2, "FAIL: three");
  }

  bool holds(std::string_view when) {
    const auto view = request.view();
    return match(condition_of(when), view, place, decision{1}).has_value();
  }

  sim_request request;
  request_place place{5, 2, 0};
};

} // namespace

SCENARIO("each condition holds or fails by its part of the request") {
  fixture x;
  const std::vector<std::pair<std::string, std::string>> pairs = {
    // holds, fails
    {"", "turn = 9"},
    {"user = '^run'", "user = '^hello'"},
    {"user_contains = ['run', 'tests']", "user_contains = ['run', 'walk']"},
    {"tool = ['shell', 'exec_command']", "tool = 'shell'"},
    {"output = 'FAIL: (\\w+)'", "output = 'PASS'"},
    {"output_contains = 'three'", "output_contains = 'four'"},
    {"body_contains = '\"instructions\":\"be good\"'", "body_contains = 'be bad'"},
    {"any_output = '(?m)^built'", "any_output = 'hi'"},
    {"no_output = 'four'", "no_output = '(?m)^built'"},
    {"exit_code = 2", "exit_code = 0"},
    {"exit_code = 'nonzero'", "exit_code = 'absent'"},
    {"turn = 2", "turn = 1"},
    {"turn = { min = 1, max = 3 }", "turn = { min = 3 }"},
    {"request = 5", "request = { max = 4 }"},
    {"attempt = 2", "attempt = 1"},
    {"outputs = 2", "outputs = 0"},
    {"calls = { exec_command = 2 }", "calls = { exec_command = 1 }"},
    {"calls = { other = 0 }", "calls = { other = { min = 1 } }"},
    {"model = '^gpt-5'", "model = '^o3'"},
    {"offers = ['apply_patch', 'update_plan']", "offers = ['apply_patch', 'shell']"},
    {"schema = false", "schema = true"},
    {"chance = 1", "chance = 0"},
    {"user = 'run', exit_code = 2, turn = 2", "user = 'run', exit_code = 2, turn = 3"},
  };
  for (const auto& [good, bad] : pairs) {
    CHECK(x.holds(good));
    CHECK(!x.holds(bad));
  }
}

SCENARIO("conditions about an output fail when there is none") {
  fixture x;
  x.request = {};
  x.request.user("hi");
  for (const auto* when : {"tool = 'x'", "output = ''", "output_contains = ''", "exit_code = 0",
                           "exit_code = 'absent'", "exit_code = 'nonzero'"})
    CHECK(!x.holds(when));
}

SCENARIO("outputs of earlier turns are not looked at") {
  fixture x;
  x.request.user("and now?");
  CHECK(!x.holds("any_output = 'built'"));
  CHECK(x.holds("no_output = 'built'"));
}

SCENARIO("an output without a code is absent, neither zero nor another") {
  fixture x;
  x.request.call("p", "update_plan").output("p", "Plan updated");
  CHECK(x.holds("exit_code = 'absent'"));
  CHECK(!x.holds("exit_code = 'nonzero'"));
  CHECK(!x.holds("exit_code = 0"));
}

SCENARIO("a schema is noticed") {
  fixture x;
  x.request.schema("{}");
  CHECK(x.holds("schema = true"));
  CHECK(!x.holds("schema = false"));
}

SCENARIO("a match brings the groups of both patterns") {
  fixture x;
  const auto view = x.request.view();
  const auto groups =
    match(condition_of("user = 'run (\\w+)', output = 'FAIL: (\\w+)'"), view, x.place, decision{1});
  REQUIRE(groups.has_value());
  CHECK_EQ(groups->user.at(1), "the");
  CHECK_EQ(groups->output.at(1), "three");
}

SCENARIO("a chance is drawn from the seed and happens about as often as it says") {
  fixture x;
  const auto view = x.request.view();
  const auto when = condition_of("chance = 0.3");
  int happened = 0;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    const auto first = match(when, view, x.place, decision{i}).has_value();
    CHECK_EQ(first, match(when, view, x.place, decision{i}).has_value());
    happened += first ? 1 : 0;
  }
  CHECK(happened > 250 && happened < 350);
}

SCENARIO("a thread's requests are counted, and a repeated one is another attempt") {
  thread_table threads;
  const auto first = threads.enter(1, {2, 100, 25});
  CHECK_EQ(first.request, 1u);
  CHECK_EQ(first.attempt, 1u);
  CHECK_EQ(first.previous_input_tokens, 0);
  const auto again = threads.enter(1, {2, 100, 25});
  CHECK_EQ(again.request, 2u);
  CHECK_EQ(again.attempt, 2u);
  CHECK_EQ(again.previous_input_tokens, 0);
  const auto next = threads.enter(1, {4, 200, 50});
  CHECK_EQ(next.request, 3u);
  CHECK_EQ(next.attempt, 1u);
  CHECK_EQ(next.previous_input_tokens, 25);
  CHECK_EQ(threads.enter(1, {4, 200, 50}).previous_input_tokens, 25);
  CHECK_EQ(threads.enter(2, {4, 200, 50}).request, 1u);
}

SCENARIO("a full table forgets the threads that were idle for longest") {
  thread_table threads{8};
  for (std::uint64_t i = 0; i < 100; ++i) {
    threads.enter(i, {1, i, 1});
    threads.enter(1000, {1, i, 1}); // always in use
  }
  CHECK(threads.size() <= 8);
  CHECK_EQ(threads.enter(1000, {1, 1000, 1}).request, 101u);
  CHECK_EQ(threads.enter(0, {1, 0, 1}).request, 1u);
  CHECK_EQ(threads.enter(99, {1, 99, 1}).request, 2u);
}
