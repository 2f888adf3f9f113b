#define CAF_SUITE sim_scenario_reader
#include <caf/test/bdd_dsl.hpp>

#include "apps/sim/scenario_reader.hpp"
#include "tests/support/temp_folder.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

using namespace troupe::sim;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view last_rule = "\n[[rule]]\nreply = []\n";

scenario read(std::string_view toml) {
  auto result = read_scenario(toml, "test.toml");
  if (auto* error = std::get_if<std::string>(&result))
    CAF_FAIL(*error);
  return std::get<scenario>(std::move(result));
}

// The first line of the error, without the label; empty when there is none.
std::string error_of(std::string_view toml) {
  const auto result = read_scenario(toml, "test.toml");
  const auto* error = std::get_if<std::string>(&result);
  if (error == nullptr)
    return "";
  const auto line = error->substr(0, error->find('\n'));
  return line.starts_with("test.toml:") ? line.substr(10) : "(no label) " + line;
}

std::string error_of_rule(std::string_view fields) {
  return error_of("[[rule]]\n" + std::string{fields});
}

} // namespace

SCENARIO("the smallest scenario is one rule, all else has defaults") {
  const auto x = read("[[rule]]\nreply = [{ message = 'hi' }]");
  REQUIRE_EQ(x.rules.size(), 1u);
  CHECK_EQ(x.rules[0].name, "rule-1");
  CHECK_EQ(x.seed, 1u);
  CHECK(x.identity == identity::thread);
  CHECK(x.pace == pace{});
  CHECK(x.pace.is_instant());
  CHECK(x.usage == usage_rule{});
  CHECK(x.catalogue[0].models.empty());
  CHECK(std::holds_alternative<message_reply>(x.rules[0].reply[0]));
}

SCENARIO("everything at the top of a scenario is read") {
  const auto x = read(R"toml(
name = "n"
description = "d"
seed = 42
identity = "prompt"
models = ["a", "b"]
headers = { x-models-etag = "\"1\"" }
pace = { first_token_ms = 200, token_ms = { min = 1, max = 2 }, tokens_per_event = 3 }
usage = { input_tokens = 1, cached_tokens = 2, output_tokens = 3, reasoning_tokens = 4 }

[random.one]
choices = ["x", "y"]

[random.two]
per = "request"
choices = [{ k = "1", j = "2" }]

[[rule]]
reply = [{ message = "{{random.one}}{{random.two.k}}" }]
)toml");
  CHECK_EQ(x.name, "n");
  CHECK_EQ(x.description, "d");
  CHECK_EQ(x.seed, 42u);
  CHECK(x.identity == identity::prompt);
  REQUIRE_EQ(x.catalogue[0].models.size(), 2u);
  CHECK_EQ(x.catalogue[0].models[1].id, "b");
  CHECK_EQ(x.headers.size(), 1u);
  CHECK(x.pace.first_token == (distribution{distribution::kind::constant, 200, 0, 0}));
  CHECK(x.pace.token == (distribution{distribution::kind::uniform, 1, 2, 0}));
  CHECK_EQ(x.pace.tokens_per_event, 3u);
  CHECK(x.usage == (usage_rule{true, 1, 2, 3, 4}));
  REQUIRE_EQ(x.lists.size(), 2u);
  CHECK_EQ(x.lists[0].rows.size(), 2u);
  CHECK(x.lists[1].scope == choice_scope::request);
  CHECK_EQ(x.lists[1].fields, (std::vector<std::string>{"j", "k"}));
}

SCENARIO("models may be tables") {
  const auto x =
    read("models = [{ id = 'a', context_window = 1000 }, { id = 'b' }]" + std::string{last_rule});
  REQUIRE_EQ(x.catalogue[0].models.size(), 2u);
  CHECK_EQ(x.catalogue[0].models[0].context_window, 1000);
  CHECK_EQ(x.catalogue[0].models[1].context_window, 272'000);
}

SCENARIO("every condition is read") {
  const auto x = read(R"toml(
[[rule]]
reply = []
[rule.when]
user = "a(b)"
user_contains = "x"
tool = ["t1", "t2"]
output = "o"
output_contains = ["y", "z"]
any_output = "p"
no_output = "q"
body_contains = "b"
exit_code = "nonzero"
turn = 2
request = { min = 3 }
attempt = { max = 4 }
outputs = { min = 1, max = 5 }
calls = { exec_command = 1, other = { min = 2 } }
model = "^gpt"
offers = "apply_patch"
schema = false
chance = 0.5
)toml");
  const auto& when = x.rules[0].when;
  CHECK_EQ(when.user->groups(), 1u);
  CHECK_EQ(when.user_contains, std::vector<std::string>{"x"});
  CHECK_EQ(when.tool.size(), 2u);
  CHECK(when.output.has_value());
  CHECK_EQ(when.output_contains.size(), 2u);
  CHECK(when.any_output.has_value() && when.no_output.has_value());
  CHECK_EQ(when.body_contains.size(), 1u);
  CHECK(when.exit_code->what == exit_condition::kind::nonzero);
  CHECK(when.turn == (number_range{2, 2}));
  CHECK_EQ(when.request->least, 3u);
  CHECK_EQ(when.attempt->most, 4u);
  CHECK(when.outputs == (number_range{1, 5}));
  CHECK_EQ(when.calls.size(), 2u);
  CHECK(when.model.has_value());
  CHECK_EQ(when.offers.size(), 1u);
  CHECK_EQ(when.schema, false);
  CHECK_EQ(when.chance, 0.5);
}

SCENARIO("every kind of reply is read") {
  const auto x = read(R"toml(
[[rule]]
pace = { first_token_ms = { median = 100, sigma = 0.2, max = 400 } }
usage = { reported = false }
headers = { x-a = "b" }
reply = [
  { message = "m", phase = "commentary" },
  { reasoning = ["a", "b"], content = "c" },
  { call = "f", arguments = { s = "x\"y", n = 1, r = 0.5, b = true, d = 2026-01-01, l = [1, "2"], t = {}, e = [] } },
  { call = "g" },
  { call = "h", arguments = "{broken" },
  { custom = "c", input = "i" },
  { patch = "p" },
  { run = "ls", workdir = "/w", timeout_ms = 5, yield_time_ms = 6 },
  { schema_instance = true },
  { web_search = "q" },
  { event = "[DONE]" },
]
)toml");
  const auto& rule = x.rules[0];
  REQUIRE_EQ(rule.reply.size(), 11u);
  const auto arguments = [&](std::size_t i) {
    return std::get<call_reply>(rule.reply[i]).arguments.expand({});
  };
  CHECK_EQ(arguments(2),
           R"({"b":true,"d":"2026-01-01","e":[],"l":[1,"2"],"n":1,"r":0.5,"s":"x\"y","t":{}})");
  CHECK_EQ(arguments(3), "{}");
  CHECK_EQ(arguments(4), "{broken");
  CHECK_EQ(std::get<reasoning_reply>(rule.reply[1]).summary.size(), 2u);
  CHECK_EQ(std::get<run_reply>(rule.reply[7]).timeout_ms, 5);
  CHECK(rule.pace->first_token == (distribution{distribution::kind::lognormal, 100, 0.2, 400}));
  CHECK_EQ(rule.usage->is_reported, false);
  CHECK_EQ(rule.headers.size(), 1u);
}

SCENARIO("every kind of fault is read") {
  const auto x = read(R"toml(
fault = [
  { kind = "status", status = 503, body = "b", content_type = "text/plain", headers = { x-a = "b" } },
  { kind = "rate_limit", retry_after_s = 1.5 },
  { kind = "reset", when = { attempt = 1 } },
  { kind = "stall", at = "mid_stream", for_ms = 20, after_events = 3 },
  { kind = "cut", after_events = 4 },
  { kind = "garbage", text = "x", filler_bytes = 9 },
  { kind = "slow", bytes_per_second = 100 },
  { kind = "no_completed" },
  { kind = "failed", code = "c", message = "m" },
  { kind = "incomplete", reason = "r" },
  { kind = "endless", interval_ms = 7, name = "forever" },
]
[[rule]]
reply = []
)toml");
  REQUIRE_EQ(x.faults.size(), 11u);
  CHECK_EQ(x.faults[0].effect.status, 503);
  CHECK_EQ(x.faults[0].name, "status-1");
  CHECK_EQ(x.faults[1].effect.status, 429);
  const auto& headers = x.faults[1].effect.headers;
  REQUIRE_EQ(headers.size(), 2u);
  CHECK_EQ(headers[0].second, "2"); // the header knows whole seconds
  CHECK_EQ(headers[1].second, "1500");
  CHECK(x.faults[2].when.attempt == (number_range{1, 1}));
  CHECK(x.faults[3].effect.place == stall_place::mid_stream);
  CHECK_EQ(x.faults[3].effect.lasts, 20ms);
  CHECK_EQ(x.faults[4].effect.after_events, 4u);
  CHECK_EQ(x.faults[5].effect.filler_bytes, 9u);
  CHECK_EQ(x.faults[6].effect.bytes_per_second, 100u);
  CHECK_EQ(x.faults[8].effect.code, "c");
  CHECK_EQ(x.faults[9].effect.reason, "r");
  CHECK_EQ(x.faults[10].effect.interval, 7ms);
  CHECK_EQ(x.faults[10].name, "forever");
}

SCENARIO("mistakes in a rule are reported with their place and cause") {
  const std::vector<std::pair<std::string, std::string>> cases = {
    {"relpy = []", "2:9: unknown key \"rule.relpy\"; did you mean \"reply\"?"},
    {"name = 'x'",
     "1:1: rule: a rule needs a reply or a fault; for an empty answer write reply = []"},
    {"reply = 1", "2:9: rule.reply: expected an array of tables, found an integer"},
    {"reply = [1]", "2:10: rule.reply: expected a table, found an integer"},
    {"reply = [{ message = 1 }]", "2:22: rule.reply.message: expected a string, found an integer"},
    {"reply = [{ mesage = 'x' }]",
     "2:10: rule.reply: one of these keys says what is replied: message, reasoning, call, custom, "
     "patch, run, schema_instance, web_search, event"},
    {"reply = [{ message = 'x', input = 'y' }]",
     "2:35: unknown key \"rule.reply.input\"; known are message, phase"},
    {"reply = [{ message = 'x', phase = 'final' }]",
     "2:35: rule.reply.phase: expected \"commentary\" or \"final_answer\""},
    {"reply = [{ message = 'a {{nope}}' }]",
     "2:22: rule.reply.message: unknown name \"nope\"; known are capture.1, user.1, output.1, "
     "random.NAME, braces, last_user, first_user, tool_output, tool_body, tool_name, ... (at byte "
     "2 of the text)"},
    {"reply = [{ call = 'f', arguments = { a = '{{capture.1}}' } }]",
     "2:36: rule.reply.arguments: a group, but the rule has no pattern it could come from "
     "(when.user, when.output) (at byte 0 of the text)"},
    {"reply = [{ schema_instance = false }]",
     "2:30: rule.reply.schema_instance: only true makes sense"},
    {"reply = []\nwhen = { user = '(' }",
     "3:17: rule.when.user: missing ) (at byte 1 of the pattern)"},
    {"reply = []\nwhen = { usr = 'x' }",
     "3:16: unknown key \"rule.when.usr\"; did you mean \"user\"?"},
    {"reply = []\nwhen = { turn = -1 }", "3:17: rule.when.turn: -1 is too small; at least 0"},
    {"reply = []\nwhen = { turn = { min = 3, max = 2 } }",
     "3:17: rule.when.turn: max is below min"},
    {"reply = []\nwhen = { turn = { mim = 3 } }",
     "3:25: unknown key \"rule.when.turn.mim\"; did you mean \"min\"?"},
    {"reply = []\nwhen = { chance = 1.5 }",
     "3:19: rule.when.chance: 1.5 is out of range; from 0 to 1"},
    {"reply = []\nwhen = { chance = nan }",
     "3:19: rule.when.chance: nan is out of range; from 0 to 1"},
    {"reply = []\nwhen = { exit_code = 'bad' }",
     "3:22: rule.when.exit_code: expected an integer, \"nonzero\" or \"absent\""},
    {"reply = []\nwhen = { exit_code = 256 }",
     "3:22: rule.when.exit_code: 256 is too large; at most 255"},
    {"reply = []\nwhen = { tool = [1] }",
     "3:18: rule.when.tool: expected a string, found an integer"},
    {"reply = []\nwhen = { tool = 1 }",
     "3:17: rule.when.tool: expected a string or an array of strings, found an integer"},
    {"reply = []\nwhen = { schema = 'yes' }",
     "3:19: rule.when.schema: expected a boolean, found a string"},
    {"reply = []\npace = { token_ms = 'slow' }",
     "3:21: rule.pace.token_ms: expected a number, found a string"},
    {"reply = []\npace = { token_ms = { min = 2, max = 1 } }",
     "3:21: rule.pace.token_ms: expected milliseconds, {min, max} or {median, sigma, max}"},
    {"reply = []\npace = { token_ms = { min = 2 } }",
     "3:21: rule.pace.token_ms: expected milliseconds, {min, max} or {median, sigma, max}"},
    {"reply = []\npace = { tokens_per_event = 0 }",
     "3:29: rule.pace.tokens_per_event: 0 is too small; at least 1"},
    {"reply = []\nusage = { input = 1 }",
     "3:19: unknown key \"rule.usage.input\"; known are cached_tokens, input_tokens, "
     "output_tokens, reasoning_tokens, reported"},
    {"fault = [{}]", "2:10: rule.fault.kind: a fault needs a kind"},
    {"fault = [{ kind = 'nothing' }]", "2:19: rule.fault.kind: unknown value \"nothing\"; known "
                                       "are status, rate_limit, reset, stall, cut, "
                                       "garbage, slow, no_completed, failed, incomplete, ..."},
    {"fault = [{ kind = 'slow', code = 'x' }]",
     "2:34: unknown key \"rule.fault.code\"; known are bytes_per_second, kind, name, when"},
    {"fault = [{ kind = 'status', status = 200 }]",
     "2:38: rule.fault.status: 200 is too small; at least 400"},
    {"fault = [{ kind = 'stall', for_ms = 3600001 }]",
     "2:37: rule.fault.for_ms: 3600001 is too large; at most 3600000"},
    {"fault = [{ kind = 'stall', at = 'middle' }]",
     "2:33: rule.fault.at: unknown value \"middle\"; known are before_headers, after_headers, "
     "mid_stream"},
    {"reply = []\nheaders = { a = 1 }",
     "3:17: rule.headers.a: expected a string, found an integer"},
  };
  for (const auto& [fields, expected] : cases)
    CHECK_EQ(error_of_rule(fields), expected);
}

SCENARIO("mistakes in a document are reported with their place and cause") {
  const std::vector<std::pair<std::string, std::string>> cases = {
    {"", "1:1: a scenario needs at least one [[rule]]"},
    {"[[rules]]", "1:1: unknown key \"rules\"; did you mean \"rule\"?"},
    {"seed = -1", "1:8: seed: -1 is too small; at least 0"},
    {"identity = 'me'", "1:12: identity: unknown value \"me\"; known are thread, prompt"},
    {"models = [{}]", "1:11: models.id: a model needs an id"},
    {"[random.x]\nper = 'day'\nchoices = ['a']",
     "2:7: random.x.per: unknown value \"day\"; known are thread, turn, request"},
    {"[random.x]", "1:1: random.x.choices: expected an array of strings or of tables, not empty"},
    {"[random.x]\nchoices = []",
     "2:11: random.x.choices: expected an array of strings or of tables, not empty"},
    {"[random.x]\nchoices = [{}]", "2:11: random.x.choices: a choice has no fields"},
    {"[random.x]\nchoices = ['a', 1]",
     "2:17: random.x.choices: expected a string, found an integer"},
    {"[random.x]\nchoices = [{ a = '1' }, { b = '2' }]",
     "2:25: random.x.choices.a: every choice has the fields of the first one"},
    {"[random.x]\nchoices = [{ a = '1' }, { a = '1', b = '2' }]",
     "2:40: unknown key \"random.x.choices.b\"; did you mean \"a\"?"},
    {"[[rule]]\nname = 'a'\nreply = []\n[[rule]]\nname = 'a'\nreply = []",
     "5:8: rule.name: another rule has this name"},
  };
  for (const auto& [toml, expected] : cases)
    CHECK_EQ(error_of(toml), expected);
  CHECK(error_of("a = ").starts_with("1:"));
  CHECK(error_of("[[rule]]\nreply = [\n").starts_with("2:"));
  CHECK(error_of("a = " + std::string(200, '[')).find("nested too deep") != std::string::npos);
}

SCENARIO("an error shows the line it is about") {
  const auto result = read_scenario("seed = 1\nsead = 2\n", "x.toml");
  CHECK_EQ(std::get<std::string>(result),
           "x.toml:2:8: unknown key \"sead\"; did you mean \"seed\"?\n"
           "  |\n"
           "2 | sead = 2\n"
           "  |        ^");
}

SCENARIO("a file gives its name to a scenario without one") {
  const troupe::test::temp_folder folder;
  const auto file = folder.write("my_play.toml", last_rule);
  const auto result = read_scenario_file(file);
  REQUIRE(std::holds_alternative<scenario>(result));
  CHECK_EQ(std::get<scenario>(result).name, "my_play");
  const auto missing = read_scenario_file(folder.path() / "none.toml");
  CHECK_EQ(std::get<std::string>(missing),
           (folder.path() / "none.toml").string() + ": No such file or directory");
}
