#define CAF_SUITE turn_retries
#include <caf/test/bdd_dsl.hpp>

#include "tests/turns/simulated_provider.hpp"
#include "tests/turns/thread_driver.hpp"

#include <string>

using namespace troupe;
using namespace troupe::test;

using strings = std::vector<std::string>;

namespace {

/// A provider that says "Here I am." unless `fault` happens.
std::string answering_unless(const std::string& fault) {
  return "[[rule]]\nreply = [{ message = \"Here I am.\" }]\n" + fault;
}

/// The kinds of events that say how a request fared, in order.
strings course(const turn_record& x) {
  strings result;
  for (const auto& event : x.events) {
    if (const auto* again = std::get_if<stream_error>(&event))
      result.push_back(again->message);
    else if (std::holds_alternative<warning>(event))
      result.emplace_back("warning");
    else if (std::holds_alternative<turn_error>(event))
      result.emplace_back("error");
    else if (std::holds_alternative<task_complete>(event))
      result.emplace_back("over");
  }
  return result;
}

/// The turn's only error, after which it is over.
turn_error only_error(const turn_record& x) {
  CHECK_EQ(course(x), (strings{"error", "over"}));
  CHECK(!x.answer().has_value());
  const auto all = x.all<turn_error>();
  return all.size() == 1 ? all[0] : turn_error{};
}

std::vector<int> statuses(const simulated_provider& x) {
  std::vector<int> result;
  for (const auto& post : x.posts())
    result.push_back(post.status);
  return result;
}

} // namespace

SCENARIO("500 five times uses up the request's retries and one of the turn's, the sixth succeeds") {
  simulated_provider provider{answering_unless(R"toml(
[[fault]]
kind = "status"
when = { attempt = { max = 5 } }
)toml")};
  thread_driver thread{provider.base_url()};
  const auto turn = thread.take_turn("Are you there?");
  CHECK_EQ(turn.answer().value_or(""), "Here I am.");
  CHECK_EQ(course(turn), (strings{"Reconnecting... 1/5", "over"}));
  CHECK_EQ(statuses(provider), (std::vector{500, 500, 500, 500, 500, 200}));
  const auto posts = provider.posts();
  for (const auto& x : posts)
    CHECK(x.body == posts[0].body);
}

SCENARIO("a notice of reconnection tells how often, and what the provider said") {
  simulated_provider provider{answering_unless(R"toml(
[[fault]]
kind = "status"
status = 503
body = '{"error":{"message":"Come back later."}}'
when = { attempt = { max = 1 } }
)toml")};
  thread_driver thread{provider.base_url()};
  thread.provider().request_max_retries = 0;
  const auto turn = thread.take_turn("Are you there?");
  CHECK_EQ(course(turn), (strings{"Reconnecting... 1/5", "over"}));
  const auto notice = turn.all<stream_error>()[0];
  CHECK_EQ(notice.http_status.value_or(0), 503);
  CHECK(notice.additional_details.starts_with(
    "unexpected status 503 Service Unavailable: Come back later., url: " + provider.base_url() +
    "/responses"));
}

SCENARIO("a plain 429 is one request and one error, without a notice") {
  simulated_provider provider{answering_unless(R"toml(
[[fault]]
kind = "status"
status = 429
headers = { x-request-id = "req-7" }
)toml")};
  thread_driver thread{provider.base_url()};
  const auto error = only_error(thread.take_turn("Are you there?"));
  CHECK_EQ(error.message,
           "exceeded retry limit, last status: 429 Too Many Requests, request id: req-7");
  CHECK(error.info == error_class::response_too_many_failed_attempts);
  CHECK_EQ(error.http_status.value_or(0), 429);
  CHECK_EQ(statuses(provider), std::vector{429});
}

SCENARIO("a usage limit tells the figures of its headers, then one error") {
  simulated_provider provider{answering_unless(R"toml(
[[fault]]
kind = "status"
status = 429
body = '{"error":{"type":"usage_limit_reached","plan_type":"pro"}}'
headers = { x-codex-primary-used-percent = "100", x-codex-primary-window-minutes = "300" }
)toml")};
  thread_driver thread{provider.base_url()};
  const auto turn = thread.take_turn("Are you there?");
  const auto error = only_error(turn);
  CHECK(error.info == error_class::usage_limit_exceeded);
  const auto counts = turn.all<token_count>();
  REQUIRE_EQ(counts.size(), 1u);
  REQUIRE(counts[0].rate_limits && counts[0].rate_limits->primary);
  CHECK_EQ(counts[0].rate_limits->primary->used_percent, 100.0);
  CHECK_EQ(counts[0].rate_limits->primary->window_minutes.value_or(0), 300);
  const auto is_error = [](const event_msg& x) { return std::holds_alternative<turn_error>(x); };
  const auto is_count = [](const event_msg& x) { return std::holds_alternative<token_count>(x); };
  CHECK(std::ranges::find_if(turn.events, is_count) < std::ranges::find_if(turn.events, is_error));
  CHECK_EQ(statuses(provider), std::vector{429});
}

SCENARIO("a model at capacity is named with its seconds, after one request") {
  simulated_provider provider{answering_unless(R"toml(
[[fault]]
kind = "status"
status = 429
headers = { x-codex-model-cap-model = "gpt-5.2", x-codex-model-cap-reset-after-seconds = "90" }
)toml")};
  thread_driver thread{provider.base_url()};
  const auto error = only_error(thread.take_turn("Are you there?"));
  CHECK(error.info == error_class::model_cap);
  CHECK_EQ(error.capped_model, "gpt-5.2");
  CHECK_EQ(error.cap_resets_seconds.value_or(0), 90);
  CHECK_EQ(statuses(provider), std::vector{429});
}

SCENARIO("an exceeded window sets the totals to the effective window and is one error") {
  simulated_provider provider{answering_unless(R"toml(
[[fault]]
kind = "failed"
code = "context_length_exceeded"
when = { turn = 2 }
[usage]
input_tokens = 1000
output_tokens = 10
)toml")};
  thread_driver thread{provider.base_url()};
  thread.take_turn("Are you there?");
  const auto turn = thread.take_turn("And now?");
  CHECK(only_error(turn).info == error_class::context_window_exceeded);
  const auto last = turn.all<token_count>().back().usage;
  REQUIRE(last.has_value());
  CHECK_EQ(last->total, (token_usage{.total_tokens = 258'400}));
  CHECK_EQ(last->last, (token_usage{.total_tokens = 258'400 - 1'010}));
  CHECK_EQ(last->model_context_window.value_or(0), 258'400);
  CHECK_EQ(provider.posts().size(), 2u);
}

SCENARIO("a used up quota is one error and no retry, and the next turn works") {
  simulated_provider provider{answering_unless(R"toml(
[[fault]]
kind = "failed"
code = "insufficient_quota"
when = { turn = 1 }
)toml")};
  thread_driver thread{provider.base_url()};
  CHECK(only_error(thread.take_turn("Are you there?")).info == error_class::usage_limit_exceeded);
  CHECK_EQ(provider.posts().size(), 1u);
  const auto next = thread.take_turn("And now?");
  CHECK_EQ(course(next), strings{"over"});
  CHECK_EQ(next.answer().value_or(""), "Here I am.");
  CHECK_EQ(provider.posts().size(), 2u);
}

SCENARIO("a request that the provider wants later is sent again after its delay") {
  simulated_provider provider{answering_unless(R"toml(
[[fault]]
kind = "failed"
code = "rate_limit_exceeded"
message = "Please try again in 28ms."
when = { attempt = { max = 3 } }
)toml")};
  thread_driver thread{provider.base_url()};
  const auto turn = thread.take_turn("Are you there?");
  CHECK_EQ(course(turn),
           (strings{"Reconnecting... 1/5", "Reconnecting... 2/5", "Reconnecting... 3/5", "over"}));
  CHECK_EQ(turn.all<stream_error>()[0].additional_details,
           "stream disconnected before completion: Please try again in 28ms.");
  CHECK_EQ(turn.answer().value_or(""), "Here I am.");
}
