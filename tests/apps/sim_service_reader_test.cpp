#define CAF_SUITE sim_service_reader
#include <caf/test/bdd_dsl.hpp>

#include "apps/sim/scenario_reader.hpp"

#include <string>
#include <utility>
#include <vector>

using namespace troupe::sim;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view last_rule = "\n[[rule]]\nreply = []\n";

scenario read(std::string_view toml) {
  auto result = read_scenario(std::string{toml} + std::string{last_rule}, "test.toml");
  if (auto* error = std::get_if<std::string>(&result))
    CAF_FAIL(*error);
  return std::get<scenario>(std::move(result));
}

// The first line of the error, without the label; empty when there is none.
std::string error_of(std::string_view toml) {
  const auto result = read_scenario(std::string{toml} + std::string{last_rule}, "test.toml");
  const auto* error = std::get_if<std::string>(&result);
  return error == nullptr ? "" : error->substr(10, error->find('\n') - 10);
}

} // namespace

SCENARIO("without their tables a provider lets everybody in, limits nothing and does not fail") {
  const auto x = read("");
  CHECK(!x.auth && !x.limits && !x.chaos && !x.subscription && !x.compacted);
  REQUIRE_EQ(x.catalogue.size(), 1u);
  CHECK(x.catalogue[0].etag.empty());
}

SCENARIO("the tokens of a provider are read") {
  const auto x = read(R"toml(
[auth]
tokens = "a"
refreshed = ["b", "c"]
uses = 3
refresh_token = "r"
account_id = "acct"
id_token = "h.p.s"
)toml");
  REQUIRE(x.auth.has_value());
  CHECK_EQ(x.auth->tokens, std::vector<std::string>{"a"});
  CHECK_EQ(x.auth->refreshed.size(), 2u);
  CHECK(x.auth->uses == 3u);
  CHECK_EQ(x.auth->refresh_token, "r");
  CHECK_EQ(x.auth->account_id, "acct");
  CHECK_EQ(x.auth->id_token, "h.p.s");
  CHECK(read("[auth]").auth->tokens.empty());
}

SCENARIO("streams may be held until so many are open") {
  CHECK_EQ(read("").hold_until_open, 0u);
  CHECK_EQ(read("hold_until_open = 500").hold_until_open, 500u);
  CHECK_EQ(error_of("hold_until_open = -1"), "1:19: hold_until_open: -1 is too small; at least 0");
}

SCENARIO("limits are read, the burst is a second's worth unless it is given") {
  const auto x = read("[limits]\nrequests_per_second = 2.5\ntokens_per_minute = 1000");
  CHECK_EQ(x.limits->requests_per_second, 2.5);
  CHECK_EQ(x.limits->burst, 3);
  CHECK_EQ(x.limits->tokens_per_minute, 1000);
  CHECK_EQ(read("[limits]\nrequests_per_second = 20\nburst = 1").limits->burst, 1);
  CHECK(!x.limits->is_silent);
  CHECK(read("[limits]\nrequests_per_second = 20\nsilent = true").limits->is_silent);
  CHECK_EQ(read("[limits]\nrequests_per_second = 0.1").limits->burst, 1);
}

SCENARIO("the figures of a subscription are read, for all and for a rule") {
  const auto x = read(R"toml(
[rate_limits]
plan_type = "plus"
primary = { used_percent = 42.5, window_minutes = 300, reset_at = 1700000000 }
credits = { has_credits = false, unlimited = true, balance = "7" }
[[rule]]
rate_limits = { secondary = { used_percent = 1 } }
reply = []
)toml");
  REQUIRE(x.subscription && x.subscription->primary);
  CHECK_EQ(x.subscription->primary->used_percent, 42.5);
  CHECK(x.subscription->primary->window_minutes == 300);
  CHECK(x.subscription->primary->reset_at == 1'700'000'000);
  CHECK(!x.subscription->secondary);
  CHECK(!x.subscription->credits->has_credits);
  CHECK(x.subscription->credits->is_unlimited);
  CHECK_EQ(x.subscription->credits->balance, "7");
  CHECK_EQ(x.subscription->plan_type, "plus");
  CHECK(x.rules[0].subscription->secondary.has_value());
  CHECK(!x.rules[1].subscription);
}

SCENARIO("catalogues follow each other by the number of responses") {
  const auto x = read(R"toml(
models = ["a"]
models_etag = "\"1\""
[[catalogue]]
after_responses = 2
etag = "\"2\""
models = [{ id = "b", context_window = 5 }]
[[catalogue]]
after_responses = 5
)toml");
  REQUIRE_EQ(x.catalogue.size(), 3u);
  CHECK_EQ(x.catalogue[0].etag, "\"1\"");
  CHECK_EQ(x.catalogue[0].models[0].id, "a");
  CHECK_EQ(x.catalogue[1].after_responses, 2u);
  CHECK_EQ(x.catalogue[1].models[0].context_window, 5);
  CHECK(x.catalogue[2].models.empty());
}

SCENARIO("chaos is read, with all ways to refuse unless some are given") {
  const auto x = read("[chaos]\nshare = 0.2");
  CHECK_EQ(x.chaos->share, 0.2);
  CHECK_EQ(x.chaos->refusals.size(), 5u);
  CHECK(!x.chaos->lasts);
  CHECK_EQ(x.chaos->max_attempts, 0u);
  const auto given = read(R"toml(
[chaos]
share = 1
mix = { stall = 2 }
refuse_with = ["429", "504", "reset"]
stall_ms = 30
max_attempts = 2
)toml");
  CHECK_EQ(given.chaos->weights, (std::array<double, 4>{0, 2, 0, 0}));
  REQUIRE_EQ(given.chaos->refusals.size(), 3u);
  CHECK(given.chaos->refusals[0].kind == fault_kind::rate_limit);
  CHECK_EQ(given.chaos->refusals[1].status, 504);
  CHECK(given.chaos->refusals[2].kind == fault_kind::reset);
  CHECK(given.chaos->lasts == 30ms);
  CHECK_EQ(given.chaos->max_attempts, 2u);
}

SCENARIO("what compaction answers is read as templates") {
  const auto x = read("[compact]\noutput = ['{\"a\":1}', '{{last_user}}']");
  REQUIRE(x.compacted.has_value());
  CHECK_EQ(x.compacted->size(), 2u);
  CHECK((*x.compacted)[0].is_constant());
  CHECK(read("[compact]\noutput = []").compacted->empty());
}

SCENARIO("faults of other endpoints and of messages are read") {
  const auto x = read(R"toml(
[[fault]]
on = "models"
kind = "status"
when = { request = 1 }
[[fault]]
on = "memories"
kind = "wrong_count"
entries = 3
[[fault]]
kind = "close"
code = 1001
reason = "going away"
[[fault]]
kind = "corrupt"
bytes = 4
[[fault]]
kind = "failed"
error = "null"
[[fault]]
kind = "comments"
interval_ms = 5
[[fault]]
kind = "duplicate"
after_events = 2
when = { transport = "http" }
)toml");
  CHECK(x.faults[0].on == fault_target::models);
  CHECK(x.faults[1].on == fault_target::memories);
  CHECK_EQ(x.faults[1].effect.entries, 3u);
  CHECK(x.faults[2].on == fault_target::responses);
  CHECK(x.faults[2].when.transport == transport::websocket); // without being said
  CHECK_EQ(x.faults[2].effect.close_code, 1001);
  CHECK_EQ(x.faults[3].effect.bytes, 4u);
  CHECK_EQ(x.faults[4].effect.error, "null");
  CHECK_EQ(x.faults[5].effect.interval, 5ms);
  CHECK(x.faults[6].when.transport == transport::http);
}

SCENARIO("mistakes in these tables are reported with their place and cause") {
  const std::vector<std::pair<std::string, std::string>> cases = {
    {"[auth]\ntoken = 'a'", "2:9: unknown key \"auth.token\"; did you mean \"tokens\"?"},
    {"[auth]\ntokens = ['']", "2:10: auth.tokens: a token is not empty"},
    {"[auth]\nuses = 0", "2:8: auth.uses: 0 is too small; at least 1"},
    {"[limits]\nburst = 3", "1:1: limits: give requests_per_second or tokens_per_minute, above 0"},
    {"[limits]\nrequest_per_second = 3",
     "2:22: unknown key \"limits.request_per_second\"; did you mean \"requests_per_second\"?"},
    {"[limits]\nrequests_per_second = -1",
     "2:23: limits.requests_per_second: -1 is out of range; from 0 to 1000000"},
    {"[rate_limits]\nprimary = { window_minutes = 1 }",
     "2:11: rate_limits.primary.used_percent: a window needs its used_percent"},
    {"[rate_limits]\nprimry = { used_percent = 1 }",
     "2:10: unknown key \"rate_limits.primry\"; did you mean \"primary\"?"},
    {"[[catalogue]]\nmodels = ['a']",
     "1:1: catalogue.after_responses: say after how many responses this catalogue holds"},
    {"[[catalogue]]\nafter_responses = 0",
     "2:19: catalogue.after_responses: 0 is too small; at least 1"},
    {"[[catalogue]]\nafter_responses = 3\n[[catalogue]]\nafter_responses = 3",
     "4:19: catalogue.after_responses: catalogues stand in the order in which they come to hold"},
    {"[chaos]", "1:1: chaos.share: say which share of the exchanges goes wrong, from 0 to 1"},
    {"[chaos]\nshare = 2", "2:9: chaos.share: 2 is out of range; from 0 to 1"},
    {"[chaos]\nshare = 1\nmix = { cuts = 1 }",
     "3:16: unknown key \"chaos.mix.cuts\"; did you mean \"cut\"?"},
    {"[chaos]\nshare = 1\nmix = {}",
     "3:7: chaos.mix: one of cut, stall, corrupt and refuse must be above 0"},
    {"[chaos]\nshare = 1\nrefuse_with = ['200']",
     "3:15: chaos.refuse_with: \"200\" is neither a status from 400 to 599 nor \"reset\""},
    {"[chaos]\nshare = 1\nrefuse_with = []",
     "3:15: chaos.refuse_with: at least one way to refuse is needed"},
    {"[compact]", "1:1: compact.output: say which items the compacted history has"},
    {"[compact]\noutput = '{{nope}}'",
     "2:10: compact.output: unknown name \"nope\"; known are capture.1, user.1, output.1, "
     "random.NAME, braces, last_user, first_user, tool_output, tool_body, tool_name, ... (at byte "
     "0 of the text)"},
    {"[[fault]]\nkind = 'failed'\non = 'models'",
     "2:8: fault.kind: failed does not happen to models"},
    {"[[fault]]\nkind = 'wrong_count'",
     "2:8: fault.kind: wrong_count does not happen to responses"},
    {"[[fault]]\nkind = 'cut'\non = 'handshake'",
     "2:8: fault.kind: cut does not happen to handshake"},
    {"[[fault]]\nkind = 'status'\non = 'model'",
     "3:6: fault.on: unknown value \"model\"; did you mean \"models\"?"},
    {"[[fault]]\nkind = 'status'\non = 'token'\nwhen = { turn = 1 }",
     "4:17: fault.when.turn: a fault on token may ask for attempt, body_contains, chance, request"},
    {"[[fault]]\nkind = 'ping'\nwhen = { transport = 'http' }",
     "3:8: fault.when: this kind happens over WebSocket only"},
    {"[[fault]]\nkind = 'ping'\nwhen = { transport = 'tcp' }",
     "3:22: fault.when.transport: unknown value \"tcp\"; known are http, websocket"},
    {"[[fault]]\nkind = 'close'\ncode = 999", "3:8: fault.code: 999 is too small; at least 1000"},
    {"[[rule]]\nreply = []\nfault = [{ kind = 'status', on = 'models' }]",
     "3:34: unknown key \"rule.fault.on\"; known are body, content_type, headers, kind, name, "
     "status, when"},
  };
  for (const auto& [toml, expected] : cases)
    CHECK_EQ(error_of(toml), expected);
}
