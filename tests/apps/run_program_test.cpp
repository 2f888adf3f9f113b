#define CAF_SUITE run_program
#include <caf/test/bdd_dsl.hpp>

#include "apps/run/run_plan.hpp"
#include "tests/apps/program_run.hpp"
#include "tests/support/skipped.hpp"
#include "tests/support/temp_folder.hpp"

#include <boost/json.hpp>
#include <csignal>
#include <sstream>

using namespace troupe;
using namespace troupe::run;
using apps_test::program_run;
namespace json = boost::json;
namespace fs = std::filesystem;

namespace {

constexpr const char* scenario_text = R"(
name = "mixed"
[[rule]]
name = "stall"
when = { user_contains = "stall" }
fault = [{ kind = "stall", at = "mid_stream", after_events = 3 }]
reply = [{ message = "never" }]
[[rule]]
name = "reject"
when = { user_contains = "reject" }
fault = [{ kind = "status", status = 400, body = "not like this" }]
reply = [{ message = "never" }]
[[rule]]
name = "answer"
reply = [{ message = "done" }]
)";

struct fixture {
  test::temp_folder folder;
  fs::path home = folder.make_folder("home");
  fs::path scenario = folder.write("mixed.toml", scenario_text);

  void write_tasks(const std::vector<std::string>& prompts) const {
    std::string text;
    for (const auto& prompt : prompts)
      text += "{\"prompt\":\"" + prompt + "\"}\n";
    folder.write("tasks.jsonl", text);
  }

  program_run::setup line(std::vector<std::string> words) const {
    words.insert(words.begin(),
                 {"run", "tasks.jsonl", "--out", "out", "--offline=" + scenario.string()});
    return {.words = std::move(words),
            .cwd = folder.path().string(),
            .env = {{"CODEX_HOME", home.string()}, {"HOME", folder.path().string()}},
            .stdin_text = {}};
  }

  program_run::ending run(std::vector<std::string> words = {}) const {
    return apps_test::run_program(line(std::move(words)));
  }

  std::string content(const std::string& name) const {
    std::ostringstream out;
    out << std::ifstream{folder.path() / name}.rdbuf();
    return out.str();
  }

  earlier_results results() const { return read_results(content("out/results.jsonl")); }
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("tasks run, results and summary are written") {
  folder.write("template/readme.txt", "hello");
  folder.write("tasks.jsonl", R"({"id":"a","prompt":"hello","template":"template","tags":["t"]}
{"id":"b","prompt":"hello again"}
)");
  const auto end = run({"--seed", "5"});
  CHECK_EQ(end.exit_code, 0);
  CHECK(end.output.find("all                                2         2 ") != std::string::npos);
  CHECK(end.output.ends_with("results: out/results.jsonl\n"));
  const auto stored = results();
  REQUIRE_EQ(stored.latest.size(), 2u);
  const auto& a = stored.latest.at("a");
  CHECK(a.status == task_status::completed);
  CHECK_EQ(a.final_message, "done");
  CHECK(a.usage.input_tokens > 0);
  CHECK_EQ(a.tags, std::vector<std::string>{"t"});
  CHECK(fs::exists(a.rollout_path));
  CHECK(a.rollout_path.find(a.thread_id) != std::string::npos);
  CHECK(fs::exists(fs::path{a.workspace} / "readme.txt"));
  CHECK(fs::is_empty(stored.latest.at("b").workspace));
  const auto summary = json::parse(content("out/summary.json")).as_object();
  CHECK_EQ(summary.at("status").as_string(), "finished");
  CHECK_EQ(summary.at("settings").at("seed").as_int64(), 5);
  CHECK_EQ(summary.at("all").at("completed").as_int64(), 2);
  CHECK_EQ(summary.at("tags").at("t").at("tasks").as_int64(), 1);
}

SCENARIO("a failed task makes the exit code 1, and is retried on request only") {
  write_tasks({"hello", "reject this"});
  const auto first = run();
  CHECK_EQ(first.exit_code, 1);
  CHECK(first.error.ends_with("\n1 task failed: not like this\n"));
  CHECK_EQ(results().latest.at("2").error, "not like this");
  const auto kept = run({"--resume"});
  CHECK_EQ(kept.exit_code, 1);
  CHECK(kept.error.starts_with("resuming: 2 of 2 tasks are done\n"));
  CHECK_EQ(results().latest.at("2").attempt, 1u);
  CHECK_EQ(run({"--resume", "--retry-failed"}).exit_code, 1);
  CHECK_EQ(results().latest.at("1").attempt, 1u);
  CHECK_EQ(results().latest.at("2").attempt, 2u);
}

SCENARIO("results are not overwritten by accident") {
  write_tasks({"hello"});
  CHECK_EQ(run().exit_code, 0);
  const auto end = run();
  CHECK_EQ(end.exit_code, 1);
  CHECK(end.error.starts_with("Error: out holds results already."));
}

SCENARIO("a task that is written differently runs again") {
  write_tasks({"hello", "hello"});
  run();
  write_tasks({"hello", "hello there"});
  const auto end = run({"--resume"});
  CHECK(end.error.starts_with("resuming: 1 of 2 tasks are done; 1 read differently now and run "
                              "again\n"));
  CHECK_EQ(results().latest.at("2").attempt, 2u);
}

SCENARIO("Ctrl-C interrupts what runs, keeps what is finished, and a resume does the rest") {
  write_tasks({"hello", "stall", "hello"});
  program_run uut{line({"--json", "--concurrency", "2"})};
  const auto first = uut.read_line();
  const auto second = uut.read_line();
  REQUIRE(second.has_value());
  uut.send_signal(SIGINT);
  const auto end = uut.finish();
  CHECK_EQ(end.exit_code, 130);
  CHECK(end.error.find("Ctrl-C again") != std::string::npos);
  CHECK(results().latest.at("1").status == task_status::completed);
  CHECK(results().latest.at("2").status == task_status::interrupted);
  CHECK(results().latest.at("3").status == task_status::completed);
  CHECK_EQ(json::parse(content("out/summary.json")).at("status").as_string(), "stopped");
  write_tasks({"hello", "hello now", "hello"});
  CHECK_EQ(run({"--resume"}).exit_code, 0);
  CHECK_EQ(results().latest.at("2").attempt, 2u);
}

SCENARIO("a run that was killed is resumed, with a torn last line") {
  write_tasks({"hello", "stall"});
  program_run uut{line({"--json"})};
  REQUIRE(uut.read_line().has_value());
  uut.send_signal(SIGKILL);
  CHECK_EQ(uut.finish().exit_code, -SIGKILL);
  std::ofstream{folder.path() / "out/results.jsonl", std::ios::app} << "{\"id\":\"2\",\"sta";
  write_tasks({"hello", "hello"});
  const auto end = run({"--resume"});
  CHECK_EQ(end.exit_code, 0);
  CHECK(end.error.starts_with("resuming: 1 of 2 tasks are done; 1 unreadable line(s)"));
  CHECK(results().latest.at("2").status == task_status::completed);
}

SCENARIO("mistakes in the task file are told before anything starts") {
  folder.write("tasks.jsonl", "{\"prompt\":\"a\"}\n{\"promt\":\"b\"}\n");
  const auto end = run();
  CHECK_EQ(end.exit_code, 1);
  CHECK_EQ(end.error, "tasks.jsonl:2: unknown key \"promt\"; did you mean \"prompt\"?\n"
                      "tasks.jsonl:2: \"prompt\" is missing\n");
  CHECK(!fs::exists(folder.path() / "out"));
}

SCENARIO("a template that holds the results folder is refused") {
  folder.write("tasks.jsonl", R"({"prompt":"a","template":"."})");
  const auto end = run();
  CHECK_EQ(end.exit_code, 1);
  CHECK(end.error.find("which would be copied into itself") != std::string::npos);
}

SCENARIO("with --json stdout has the results and nothing else") {
  write_tasks({"hello"});
  const auto end = run({"--json"});
  CHECK_EQ(end.output, content("out/results.jsonl"));
  CHECK(end.error.find("results: out/results.jsonl\n") != std::string::npos);
}

SCENARIO("a quiet run says nothing") {
  write_tasks({"hello"});
  const auto end = run({"--quiet"});
  CHECK_EQ(end.exit_code, 0);
  CHECK_EQ(end.output, "");
  if (end.error.find("the sandbox") != std::string::npos)
    return test::skipped(end.error); // which is told, however quiet
  CHECK_EQ(end.error, "");
}

SCENARIO("a quiet run says why tasks have failed") {
  write_tasks({"hello"});
  folder.write("home/sessions", "a file where the folder should be");
  const auto end = run({"--quiet"});
  CHECK_EQ(end.exit_code, 1);
  CHECK_EQ(end.output, "");
  CHECK(end.error.find("1 task failed: ") != std::string::npos);
  CHECK(end.error.find("sessions") != std::string::npos);
}

SCENARIO("a thousand tasks run") {
  write_tasks(std::vector<std::string>(1000, "hello"));
  CHECK_EQ(run({"--quiet"}).exit_code, 0);
  CHECK_EQ(results().latest.size(), 1000u);
}

END_FIXTURE_SCOPE()
