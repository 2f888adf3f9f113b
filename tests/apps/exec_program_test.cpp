#define CAF_SUITE exec_program
#include <caf/test/bdd_dsl.hpp>

#include "tests/apps/program_run.hpp"
#include "tests/support/skipped.hpp"
#include "tests/support/temp_folder.hpp"

#include <boost/json.hpp>
#include <csignal>
#include <sstream>

using namespace troupe;
using apps_test::program_run;
namespace json = boost::json;
namespace fs = std::filesystem;

namespace {

constexpr const char* stalling_scenario = R"(
name = "stalling"
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

/// A home and a working directory of the program's own, outside of any Git repository.
struct fixture {
  test::temp_folder folder;
  fs::path home = folder.make_folder("home");
  fs::path ws = folder.make_folder("ws");
  fs::path scenario = folder.write("stalling.toml", stalling_scenario);

  program_run::setup exec(std::vector<std::string> words,
                          std::optional<std::string> stdin_text = std::nullopt) const {
    words.insert(words.begin(),
                 {"exec", "--offline=" + scenario.string(), "--skip-git-repo-check"});
    return {.words = std::move(words),
            .cwd = ws.string(),
            .env = {{"CODEX_HOME", home.string()}, {"HOME", folder.path().string()}},
            .stdin_text = std::move(stdin_text)};
  }

  program_run::ending run(std::vector<std::string> words,
                          std::optional<std::string> stdin_text = std::nullopt) const {
    return apps_test::run_program(exec(std::move(words), std::move(stdin_text)));
  }

  /// The only rollout of the home.
  std::string rollout() const {
    std::ostringstream out;
    for (const auto& x : fs::recursive_directory_iterator{home / "sessions"})
      if (x.is_regular_file())
        out << std::ifstream{x.path()}.rdbuf();
    return out.str();
  }
};

std::vector<json::object> events_of(const std::string& output) {
  std::vector<json::object> out;
  std::istringstream lines{output};
  for (std::string line; std::getline(lines, line);)
    out.push_back(json::parse(line).as_object());
  return out;
}

/// The types of the events, `item.completed` with the item's.
std::vector<std::string> types_of(const std::string& output) {
  std::vector<std::string> out;
  for (const auto& x : events_of(output)) {
    std::string text{x.at("type").as_string()};
    if (const auto* item = x.if_contains("item"))
      text += " " + std::string{item->at("type").as_string()};
    out.push_back(std::move(text));
  }
  return out;
}

std::string thread_of(const std::string& output) {
  return std::string{events_of(output).at(0).at("thread_id").as_string()};
}

using words = std::vector<std::string>;
const words plain_turn{"thread.started", "turn.started", "item.completed agent_message",
                       "turn.completed"};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("a turn as events") {
  const auto end = run({"--json", "hello"});
  CHECK_EQ(end.exit_code, 0);
  CHECK_EQ(types_of(end.output), plain_turn);
}

SCENARIO("a turn as text: stdout has the final message and nothing else") {
  const auto end = run({"hello"});
  CHECK_EQ(end.exit_code, 0);
  CHECK_EQ(end.output, "done\n");
  CHECK(end.error.find("user\nhello\ncodex\ndone\n") != std::string::npos);
}

SCENARIO("the prompt comes from stdin") {
  const auto end = run({"--json"}, "hello from stdin");
  CHECK_EQ(end.exit_code, 0);
  if (end.error.find("the sandbox") != std::string::npos)
    return test::skipped(end.error); // which is told, too
  CHECK_EQ(end.error, "Reading prompt from stdin...\n");
  CHECK(rollout().find("hello from stdin") != std::string::npos);
  const auto empty = run({"--json"}, "");
  CHECK_EQ(empty.exit_code, 1);
  CHECK_EQ(empty.output, "");
  CHECK(empty.error.ends_with("No prompt provided via stdin.\n"));
}

SCENARIO("a thread is resumed by id and as the last one, with usage adding up") {
  const auto first = run({"--json", "hello"});
  const auto by_id = run({"--json", "resume", thread_of(first.output), "again"});
  CHECK_EQ(types_of(by_id.output), plain_turn);
  CHECK_EQ(thread_of(by_id.output), thread_of(first.output));
  const auto last = run({"resume", "--last", "--json", "and again"});
  CHECK_EQ(thread_of(last.output), thread_of(first.output));
  const auto usage = [](const program_run::ending& x) {
    return events_of(x.output).back().at("usage").at("input_tokens").as_int64();
  };
  CHECK(usage(first) < usage(by_id));
  CHECK(usage(by_id) < usage(last));
}

SCENARIO("an unknown id is refused before anything is printed") {
  const auto end = run({"--json", "resume", "0199a213-81c0-7800-8aa1-bbab2a035a53", "x"});
  CHECK_EQ(end.exit_code, 1);
  CHECK_EQ(end.output, "");
  CHECK(end.error.find("no rollout found for thread id 0199a213-81c0-7800-8aa1-bbab2a035a53") !=
        std::string::npos);
}

SCENARIO("a name that no thread has starts a new one and says so") {
  const auto end = run({"--json", "resume", "nix", "hello"});
  CHECK_EQ(end.exit_code, 0);
  CHECK_EQ(types_of(end.output), plain_turn);
  CHECK(end.error.find("no thread has the id or the name \"nix\"; a new one is started") !=
        std::string::npos);
}

SCENARIO("a folder to write in that is not there is told where it would count") {
  const auto told = [this](std::vector<std::string> words) {
    const auto end = run(std::move(words));
    CHECK_EQ(end.exit_code, 0);
    return end.error.find("--add-dir nowhere: there is no such folder") != std::string::npos;
  };
  CHECK(told({"-s", "workspace-write", "--add-dir", "nowhere", "hello"}));
  CHECK(!told({"-s", "workspace-write", "--add-dir", ".", "hello"}));
  CHECK(!told({"-s", "read-only", "--add-dir", "nowhere", "hello"}));
}

SCENARIO("a failed turn exits with 1 and tells why twice") {
  const auto end = run({"--json", "reject this", "-o", "last.txt"});
  CHECK_EQ(end.exit_code, 1);
  CHECK_EQ(types_of(end.output), (words{"thread.started", "turn.started", "error", "turn.failed"}));
  CHECK_EQ(events_of(end.output).at(2).at("message").as_string(), "not like this");
  CHECK(fs::exists(ws / "last.txt"));
  CHECK_EQ(fs::file_size(ws / "last.txt"), 0u);
}

SCENARIO("the last message is written to a file") {
  CHECK_EQ(run({"hello", "-o", "last.txt"}).exit_code, 0);
  CHECK_EQ(fs::file_size(ws / "last.txt"), 4u);
}

SCENARIO("outside of Git the program asks for a word first") {
  auto line = exec({"--json", "hello"});
  std::erase(line.words, "--skip-git-repo-check");
  const auto end = apps_test::run_program(line);
  CHECK_EQ(end.exit_code, 1);
  CHECK_EQ(end.output, "");
  CHECK_EQ(end.error, "Not inside a trusted directory and --skip-git-repo-check was not "
                      "specified.\n");
  folder.make_folder("ws/.git");
  CHECK_EQ(apps_test::run_program(line).exit_code, 0);
}

SCENARIO("a wrong command line exits with 2 and shows the usage") {
  const auto end = run({"--no-such-flag"});
  CHECK_EQ(end.exit_code, 2);
  CHECK_EQ(end.output, "");
  CHECK(end.error.find("Usage: troupe exec ") != std::string::npos);
}

SCENARIO("an ephemeral thread leaves no file") {
  CHECK_EQ(run({"--ephemeral", "hello"}).exit_code, 0);
  CHECK(!fs::exists(home / "sessions"));
}

SCENARIO("Ctrl-C interrupts the turn and exits with 1, without a terminal line") {
  program_run uut{exec({"--json", "stall"})};
  uut.read_line();
  CHECK(uut.read_line()->find("turn.started") != std::string::npos);
  uut.send_signal(SIGINT);
  const auto end = uut.finish();
  CHECK_EQ(end.exit_code, 1);
  CHECK_EQ(end.output, "");
  CHECK(rollout().find("turn_aborted") != std::string::npos);
}

SCENARIO("SIGTERM and SIGHUP interrupt the turn and exit with 128 and their number") {
  for (const int number : {SIGTERM, SIGHUP}) {
    program_run uut{exec({"--json", "stall"})};
    uut.read_line();
    CHECK(uut.read_line()->find("turn.started") != std::string::npos);
    uut.send_signal(number);
    CHECK_EQ(uut.finish().exit_code, 128 + number);
    CHECK(rollout().find("turn_aborted") != std::string::npos);
    fs::remove_all(home / "sessions");
  }
}

SCENARIO("a thread whose program was killed in mid-turn is resumed") {
  program_run uut{exec({"--json", "stall"})};
  const auto thread = thread_of(*uut.read_line());
  uut.read_line();
  uut.send_signal(SIGKILL);
  CHECK_EQ(uut.finish().exit_code, -SIGKILL);
  const auto end = run({"--json", "resume", thread, "go on"});
  CHECK_EQ(end.exit_code, 0);
  CHECK_EQ(types_of(end.output), plain_turn);
  CHECK_EQ(thread_of(end.output), thread);
}

SCENARIO("a reader that goes away stops the turn") {
  program_run uut{exec({"--json", "stall"})};
  uut.close_output();
  const auto end = uut.finish();
  CHECK_EQ(end.exit_code, 1);
  CHECK(end.error.ends_with("Error: cannot write the output: Broken pipe; the turn was stopped\n"));
}

END_FIXTURE_SCOPE()
