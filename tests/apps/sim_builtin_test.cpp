#define CAF_SUITE sim_builtin
#include <caf/test/bdd_dsl.hpp>

#include "apps/sim/builtin.hpp"
#include "apps/sim/scenario_reader.hpp"
#include "apps/sim/simulated_model.hpp"
#include "net/wire/sse_parser.hpp"
#include "tests/apps/sim_requests.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <set>

using namespace troupe::sim;
using troupe::test::sim_request;
namespace json = boost::json;

namespace {

simulated_model builtin(std::string_view name) {
  return simulated_model{load_builtin(name).value()};
}

std::vector<json::object> items_of(const answer& x) {
  troupe::net::sse_parser parser;
  std::vector<troupe::net::sse_event> events;
  parser.feed(x.body, events);
  std::vector<json::object> result;
  for (const auto& event : events) {
    const auto data = json::parse(event.data).as_object();
    if (data.at("type").as_string() == "response.output_item.done")
      result.push_back(data.at("item").as_object());
  }
  return result;
}

/// A thread that is played by hand: what the model says, and the tools' answers.
class conversation {
public:
  explicit conversation(std::string_view scenario) : model_(load_builtin(scenario).value()) {
    request_.usual_tools();
  }

  sim_request& request() { return request_; }

  // The name of the rule that answers the request as it is now.
  std::string ask() {
    const auto view = request_.view();
    const auto outcome = model_.respond(view, model_.thread_key(view, ""), {++number_, 1, 0});
    items_ = items_of(outcome.what);
    return outcome.rule == simulated_model::no_rule ? "(none)"
                                                    : model_.scenario().rules[outcome.rule].name;
  }

  // The text of the last message; empty when there was none.
  std::string message() const {
    std::string result;
    for (const auto& item : items_)
      if (item.at("type").as_string() == "message")
        result = item.at("content").at(0).at("text").as_string();
    return result;
  }

  // The last call: its name and what it carries.
  std::string call() const {
    if (items_.empty())
      return "";
    const auto& item = items_.back();
    if (const auto* arguments = item.if_contains("arguments"))
      return std::string{item.at("name").as_string()} + " " + std::string{arguments->as_string()};
    if (const auto* input = item.if_contains("input"))
      return std::string{item.at("name").as_string()} + " " + std::string{input->as_string()};
    return "";
  }

  void patched(std::string_view summary) {
    request_.raw_item(
      R"({"type":"custom_tool_call","call_id":"p","name":"apply_patch","input":"x"})");
    request_.output("p", "Exit code: 0\nWall time: 0 seconds\nOutput:\nSuccess. Updated the "
                         "following files:\n" +
                           std::string{summary});
  }

private:
  simulated_model model_;
  sim_request request_;
  std::uint64_t number_ = 0;
  std::vector<json::object> items_;
};

} // namespace

SCENARIO("every built-in scenario reads without a mistake and describes itself") {
  std::set<std::string_view> names;
  for (const auto& x : builtin_scenarios()) {
    names.insert(x.name);
    const auto read = read_scenario(x.toml, x.name);
    const auto* error = std::get_if<std::string>(&read);
    CHECK_EQ(error == nullptr ? "" : *error, "");
    REQUIRE(error == nullptr);
    CHECK_EQ(std::get<scenario>(read).name, x.name);
    CHECK(!std::get<scenario>(read).description.empty());
    CHECK(!std::get<scenario>(read).catalogue.front().models.empty());
  }
  for (const auto* name : {"default", "plain", "demo", "chaos"})
    CHECK(names.contains(name));
}

SCENARIO("a scenario is opened by name, by file, or as the default") {
  CHECK_EQ(std::get<scenario>(open_scenario("plain")).name, "plain");
  CHECK_EQ(std::get<scenario>(open_scenario("")).name, "default");
  CHECK_EQ(std::get<std::string>(open_scenario("plian")),
           "there is no scenario \"plian\"; did you mean \"plain\"?");
  CHECK_EQ(std::get<std::string>(open_scenario("/none/x.toml")),
           "/none/x.toml: No such file or directory");
  CHECK(!load_builtin("nothing"));
}

SCENARIO("plain answers every request with one message in 24 events at once") {
  const auto model = builtin("plain");
  sim_request request;
  request.user("anything");
  const auto view = request.view();
  const auto answer = model.respond(view, 1, {}).what;
  troupe::net::sse_parser parser;
  std::vector<troupe::net::sse_event> events;
  parser.feed(answer.body, events);
  CHECK_EQ(events.size(), 24u);
  CHECK_EQ(items_of(answer).size(), 1u);
  CHECK(answer.events.empty());
}

SCENARIO("default greets, and says what it is to anything else") {
  conversation x{"default"};
  x.request().user("Hello there");
  CHECK_EQ(x.ask(), "greeting");
  x.request().assistant("hi").user("what is the meaning of this?");
  CHECK_EQ(x.ask(), "anything-else");
  CHECK(x.message().find("what is the meaning of this?") != std::string::npos);
}

SCENARIO("default runs the command in backticks and reports its output") {
  conversation x{"default"};
  x.request().user("please run `echo hi`");
  CHECK_EQ(x.ask(), "run-command");
  CHECK_EQ(x.call(), R"(exec_command {"cmd":"echo hi"})");
  x.request().ran("c", 0, "hi\n");
  CHECK_EQ(x.ask(), "command-succeeded");
  CHECK_EQ(x.message(), "`echo hi` ended with exit code 0. Its output:\n\nhi");
  x.request().user("and `false`");
  CHECK_EQ(x.ask(), "run-command");
  x.request().ran("d", 1, "");
  CHECK_EQ(x.ask(), "command-failed");
}

SCENARIO("default waits for a command that goes on, but not for ever") {
  conversation x{"default"};
  x.request().user("run `sleep 20`");
  for (int i = 0; i < 20; ++i) {
    x.request()
      .call("c", "exec_command")
      .output("c", "Chunk ID: 1\nProcess running with session ID 4711\nOutput:\n");
    CHECK_EQ(x.ask(), "poll-command");
    CHECK_EQ(x.call(), R"(write_stdin {"session_id":4711,"chars":"","yield_time_ms":5000})");
  }
  x.request()
    .call("c", "exec_command")
    .output("c", "Chunk ID: 1\nProcess running with session ID 4711\nOutput:\n");
  CHECK_EQ(x.ask(), "other-tool-output");
}

SCENARIO("default writes the file it is asked for") {
  conversation x{"default"};
  x.request().user("Write a file notes/todo.txt with the content \"buy milk\"");
  CHECK_EQ(x.ask(), "write-file-with-content");
  CHECK_EQ(x.call(),
           "apply_patch *** Begin Patch\n*** Add File: notes/todo.txt\n+buy milk\n*** End Patch\n");
  x.patched("A notes/todo.txt\n");
  CHECK_EQ(x.ask(), "file-written");
  CHECK_EQ(x.message(), "Done: notes/todo.txt is written.");
  conversation y{"default"};
  y.request().user("create hello.py");
  CHECK_EQ(y.ask(), "write-file");
  CHECK(y.call().find("*** Add File: hello.py\n+Written by") != std::string::npos);
}

SCENARIO("default reports a tool's refusal instead of claiming success") {
  conversation x{"default"};
  x.request().user("create hello.py");
  x.request().call("p", "apply_patch").output("p", "patch rejected by user");
  CHECK_EQ(x.ask(), "other-tool-output");
  CHECK(x.message().find("patch rejected by user") != std::string::npos);
}

SCENARIO("default answers in the schema asked for, after the work") {
  conversation x{"default"};
  x.request()
    .user("run `ls`")
    .schema(R"({"type":"object","properties":{"answer":{"type":"string"}},"required":["answer"]})");
  CHECK_EQ(x.ask(), "run-command");
  x.request().ran("c", 0, "file\n");
  CHECK_EQ(x.ask(), "structured-answer");
  CHECK_EQ(x.message(), R"({"answer":"answer"})");
}

SCENARIO("default plans where it can and summarises where it is asked to") {
  conversation x{"default"};
  x.request().user("make a plan for this");
  CHECK_EQ(x.ask(), "plan");
  CHECK(x.call().starts_with("update_plan {\"explanation\""));
  x.request().call("c", "update_plan").output("c", "Plan updated");
  CHECK_EQ(x.ask(), "plan-made");
  conversation y{"default"};
  y.request().user("first words").user("Write a handover summary for another model.").tools("[]");
  CHECK_EQ(y.ask(), "summary");
}

SCENARIO("demo plans, writes, runs, fixes and reports") {
  conversation x{"demo"};
  x.request().user("<environment_context><cwd>/ws</cwd></environment_context>").user("Task 3");
  CHECK_EQ(x.ask(), "plan");
  x.request().call("c1", "update_plan").output("c1", "Plan updated");
  CHECK_EQ(x.ask(), "write");
  CHECK(x.call().starts_with("apply_patch *** Begin Patch\n*** Add File: "));
  x.patched("A program.py\nA test.py\n");
  CHECK_EQ(x.ask(), "first-run");
  CHECK(x.call().starts_with("exec_command {\"cmd\":\""));
  x.request().ran("c2", 1, "FAIL: f(1) gave 2, expected 3\n");
  CHECK_EQ(x.ask(), "fix-with-plan");
  CHECK(x.call().find("*** Update File: ") != std::string::npos);
  x.request().call("c3", "update_plan").output("c3", "Plan updated");
  x.patched("M program.py\n");
  CHECK_EQ(x.ask(), "second-run");
  x.request().ran("c4", 0, "ok: 6 checks passed\n");
  CHECK_EQ(x.ask(), "report");
  CHECK(x.message().find("all 6 checks pass") != std::string::npos);
}

SCENARIO("demo works without a plan tool") {
  conversation x{"demo"};
  x.request().tools(R"([{"type":"function","name":"shell_command"}])").user("Task 4");
  CHECK_EQ(x.ask(), "write-without-plan");
  CHECK(x.call().starts_with("shell_command {\"command\":\"apply_patch <<"));
  x.patched("A program.py\nA test.py\n");
  CHECK_EQ(x.ask(), "first-run");
  x.request().ran("c2", 1, "FAIL: x\n");
  CHECK_EQ(x.ask(), "fix");
  x.patched("M program.py\n");
  CHECK_EQ(x.ask(), "second-run");
  x.request().ran("c4", 0, "ok: 4 checks passed\n");
  CHECK_EQ(x.ask(), "report");
}

SCENARIO("demo waits for a slow command and takes its verdict when it comes") {
  constexpr std::string_view running =
    "Chunk ID: 1\nWall time: 10.0 seconds\nProcess running with session ID 77\nOutput:\n";
  conversation x{"demo"};
  x.request().user("Task 9").call("c1", "update_plan").output("c1", "Plan updated");
  x.patched("A a.py\nA b.py\n");
  for (int i = 0; i < 5; ++i) {
    x.request().call("r", "exec_command").output("r", running);
    CHECK_EQ(x.ask(), "poll");
    CHECK(x.call().starts_with("write_stdin {\"session_id\":77,"));
  }
  // The verdict may be there before the process has ended.
  x.request().call("w", "write_stdin").output("w", std::string{running} + "FAIL: x\n");
  CHECK_EQ(x.ask(), "fix-with-plan");
  x.patched("M a.py\n");
  CHECK_EQ(x.ask(), "second-run");
  x.request().call("r2", "exec_command").output("r2", running);
  CHECK_EQ(x.ask(), "poll");
  x.request().call("w2", "write_stdin").output("w2", "Chunk ID: 2\nOutput:\nok: 6 checks passed\n");
  CHECK_EQ(x.ask(), "report");
}

SCENARIO("demo claims no success when things go another way") {
  conversation early{"demo"};
  early.request().user("Task 5").call("c1", "update_plan").output("c1", "Plan updated");
  early.patched("A a.py\nA b.py\n");
  early.request().ran("c2", 0, "ok: 6 checks passed\n");
  CHECK_EQ(early.ask(), "unexpected-success");
  conversation still{"demo"};
  still.request().user("Task 6").call("c1", "update_plan").output("c1", "Plan updated");
  still.patched("A a.py\nA b.py\n");
  still.request().ran("c2", 1, "FAIL: x\n").call("c3", "update_plan").output("c3", "Plan updated");
  still.patched("M a.py\n");
  still.request().ran("c4", 1, "FAIL: x\n");
  CHECK_EQ(still.ask(), "unexpected");
  CHECK(still.message().find("do not claim") != std::string::npos);
  conversation late{"demo"};
  late.request().user("Task 9").call("c1", "update_plan").output("c1", "Plan updated");
  late.patched("A a.py\nA b.py\n");
  for (int i = 0; i < 60; ++i)
    late.request().call("r", "exec_command").output("r", "Process running with session ID 1\n");
  CHECK_EQ(late.ask(), "unexpected");
  conversation refused{"demo"};
  refused.request().user("Task 7").call("c1", "update_plan").output("c1", "Plan updated");
  refused.request().call("p", "apply_patch").output("p", "patch rejected by user");
  CHECK_EQ(refused.ask(), "unexpected");
  conversation broken{"demo"};
  broken.request().user("Task 8").call("c1", "update_plan").output("c1", "Plan updated");
  broken.patched("A a.py\nA b.py\n");
  broken.request().ran("c2", 127, "python3: not found\n");
  CHECK_EQ(broken.ask(), "unexpected");
}

SCENARIO("demo stays with one program in a thread and uses them all") {
  const auto loaded = load_builtin("demo").value();
  REQUIRE_EQ(loaded.lists.size(), 1u);
  CHECK(loaded.lists[0].rows.size() >= 10);
  std::set<std::string> first_lines;
  for (int task = 0; task < 200; ++task) {
    conversation x{"demo"};
    x.request().user("Task " + std::to_string(task)).call("c", "update_plan").output("c", "ok");
    CHECK_EQ(x.ask(), "write");
    const auto patch = x.call();
    first_lines.insert(patch.substr(0, patch.find('\n', 40)));
  }
  CHECK_EQ(first_lines.size(), loaded.lists[0].rows.size());
}

SCENARIO("the planted bug of each demo program is one place that its fix replaces") {
  const auto loaded = load_builtin("demo").value();
  const auto& list = loaded.lists[0];
  const auto field = [&](const std::vector<std::string>& row, std::string_view name) {
    const auto at = std::ranges::find(list.fields, name) - list.fields.begin();
    return row[static_cast<std::size_t>(at)];
  };
  for (const auto& row : list.rows) {
    const auto source = field(row, "source");
    const auto bad = field(row, "bad");
    const auto at = source.find(bad);
    CHECK(at != std::string::npos);
    CHECK_EQ(source.find(bad, at + 1), std::string::npos);
    CHECK(bad != field(row, "good"));
    CHECK(bad.ends_with('\n') && field(row, "good").ends_with('\n'));
  }
}

SCENARIO("chaos injects every fault it lists, and never beyond the second attempt") {
  const auto model = builtin("chaos");
  std::set<std::string> seen;
  for (std::uint64_t thread = 0; thread < 2000; ++thread) {
    sim_request request;
    request.usual_tools().user("go");
    const auto view = request.view();
    const auto outcome = model.respond(view, thread, {1, 1, 0});
    if (outcome.broken)
      seen.emplace(outcome.broken->name);
    CHECK(!model.respond(view, thread, {3, 3, 0}).broken);
  }
  CHECK_EQ(seen.size(), model.scenario().faults.size());
}
