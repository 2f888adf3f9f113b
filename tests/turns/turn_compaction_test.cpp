#define CAF_SUITE turn_compaction
#include <caf/test/bdd_dsl.hpp>

#include "tests/turns/simulated_provider.hpp"
#include "tests/turns/thread_driver.hpp"

#include <string>

using namespace troupe;
using namespace troupe::test;

using strings = std::vector<std::string>;

namespace {

/// Answers use exactly 1,000 tokens; who is asked for a summary says that it is one.
std::string talking(const std::string& fault = {}) {
  return R"toml(
[usage]
input_tokens = 990
output_tokens = 10
[[rule]]
name = "summary"
when = { user_contains = "Sum it up." }
reply = [{ message = "The summary." }]
[[rule]]
name = "tool"
when = { user_contains = "plan", outputs = 0 }
reply = [{ call = "update_plan", arguments = { plan = [{ step = "look", status = "pending" }] } }]
[[rule]]
name = "answer"
reply = [{ message = "An answer." }]
)toml" + fault;
}

/// A thread that compacts at so many tokens.
struct short_thread : thread_driver {
  short_thread(const simulated_provider& x, std::int64_t limit, std::string name = "mock")
    : thread_driver(x.base_url()) {
    provider().name = std::move(name);
    settings().model_auto_compact_token_limit = limit;
    settings().compact_prompt = "Sum it up.";
  }
};

bool has(const logged_request& x, std::string_view text) {
  const auto all = x.input();
  return std::ranges::find(all, text) != all.end();
}

bool ends_with_summary(const std::string& text) {
  return text.ends_with("\nThe summary.") && text.size() > 100; // the prefix stands in front
}

} // namespace

SCENARIO("a turn that begins with its history at the limit is compacted before its message") {
  simulated_provider provider{talking()};
  short_thread thread{provider, 1'000};
  thread.take_turn("First question.");
  const auto turn = thread.take_turn("Second question.");
  CHECK_EQ(turn.answer().value_or(""), "An answer.");
  const auto posts = provider.posts();
  REQUIRE_EQ(posts.size(), 3u);
  CHECK_EQ(posts[1].input().back(), "Sum it up.");
  CHECK(!has(posts[1], "Second question."));
  CHECK(posts[1].body.at("tools").as_array().empty());
  const auto after = posts[2].input();
  REQUIRE_EQ(after.size(), 5u); // permissions, environment, question, summary, question
  CHECK_EQ(after[2], "First question.");
  CHECK(ends_with_summary(after[3]));
  CHECK_EQ(after[4], "Second question.");
  CHECK_EQ(turn.all<warning>().size(), 1u);
}

SCENARIO("one token below the limit nothing is compacted") {
  simulated_provider provider{talking()};
  short_thread thread{provider, 1'001};
  thread.take_turn("First question.");
  CHECK(thread.take_turn("Second question.").all<warning>().empty());
  CHECK_EQ(provider.posts().size(), 2u);
}

SCENARIO("over the limit a pending call is compacted at once, a final answer with the next turn") {
  simulated_provider provider{talking()};
  short_thread thread{provider, 1'000};
  CHECK_EQ(thread.take_turn("Make a plan.").answer().value_or(""), "An answer.");
  const auto posts = provider.posts();
  REQUIRE_EQ(posts.size(), 3u); // the call, the summary, the answer
  CHECK(has(posts[1], "function_call_output"));
  CHECK(!has(posts[2], "function_call_output"));
  CHECK(ends_with_summary(posts[2].input().back()));
  thread.take_turn("Second question.");
  const auto all = provider.posts();
  REQUIRE_EQ(all.size(), 5u);
  CHECK_EQ(all[3].input().back(), "Sum it up.");
}

SCENARIO("only the provider named exactly OpenAI compacts, others are asked for a summary") {
  for (const auto* name : {"OpenAI", "OpenAI (test)"}) {
    const bool is_remote = std::string_view{name} == "OpenAI";
    simulated_provider provider{talking()};
    short_thread thread{provider, 1'000, name};
    thread.take_turn("First question.");
    const auto turn = thread.take_turn("Second question.");
    CHECK_EQ(turn.answer().value_or(""), "An answer.");
    CHECK_EQ(provider.stats().compactions, is_remote ? 1u : 0u);
    CHECK_EQ(provider.posts().size(), is_remote ? 2u : 3u);
    CHECK_EQ(turn.all<warning>().size(), is_remote ? 0u : 1u);
  }
}

SCENARIO("a summary that does not fit is asked for with one item less each time, which is told") {
  simulated_provider provider{talking(R"toml(
[[fault]]
kind = "failed"
code = "context_length_exceeded"
when = { request = { min = 2, max = 3 } }
)toml")};
  short_thread thread{provider, 1'000};
  thread.take_turn("First question.");
  const auto turn = thread.take_turn("Second question.");
  CHECK_EQ(turn.answer().value_or(""), "An answer.");
  const auto posts = provider.posts();
  REQUIRE_EQ(posts.size(), 5u);
  auto expected = posts[1].input();
  for (std::size_t i = 2; i <= 3; ++i) {
    expected.erase(expected.begin());
    CHECK_EQ(posts[i].input(), expected);
  }
  CHECK(turn.all<stream_error>().empty());
  const auto told = turn.all<background_event>();
  REQUIRE_EQ(told.size(), 1u);
  CHECK(told[0].message.find(" 2 ") != std::string::npos);
}

SCENARIO("a remote compaction that is refused is one request and an error with its prefix") {
  simulated_provider provider{talking(R"toml(
[[fault]]
on = "compact"
kind = "status"
status = 400
body = "no"
)toml")};
  short_thread thread{provider, 1'000, "OpenAI"};
  thread.take_turn("First question.");
  const auto turn = thread.take_turn("Second question.");
  REQUIRE_EQ(turn.all<turn_error>().size(), 1u);
  CHECK(turn.all<turn_error>()[0].message.starts_with("Error running remote compact task: "));
  CHECK(turn.all<stream_error>().empty());
  strings paths;
  for (const auto& x : provider.requests())
    if (x.method == "POST")
      paths.push_back(x.path);
  CHECK_EQ(paths, (strings{"/v1/responses", "/v1/responses/compact"})); // no sampling afterwards
}
