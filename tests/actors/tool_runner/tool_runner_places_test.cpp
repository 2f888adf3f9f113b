#define CAF_SUITE tool_runner_places
#include <caf/test/bdd_dsl.hpp>

#include "tests/actors/tool_runner/tool_runner_fixture.hpp"

#include <string>

using namespace tool_runner_fixture;

// Commands that wait for their turn: one place, held by commands that read from a named pipe.

namespace {

struct one_place : fixture {
  one_place() {
    auto deps = default_dependencies();
    deps.max_running = 1;
    start(std::move(deps));
    pipe = make_pipe("go");
  }

  static std::string command(const std::string& text, const std::string& more = "") {
    return R"({"login":false,"command":")" + text + "\"" + more + "}";
  }

  /// A command that runs until `release`.
  auto hold() {
    return send(a_call("shell_command", command("cat go", R"(,"timeout_ms":60000)"), "held"));
  }

  void release() const { std::ofstream{pipe} << "released\n"; }

  std::string pipe;
};

template <class Answer>
std::string text_of(Answer& answer) {
  std::string result;
  answer.receive([&](tool_result& x) { result = output_of(x); },
                 [](const caf::error& x) { CAF_FAIL(x); });
  return result;
}

} // namespace

BEGIN_FIXTURE_SCOPE(one_place)

SCENARIO("a command that has no place waits, is said to wait, and then runs with all its time") {
  auto held = hold();
  auto second =
    send(a_call("shell_command", command("echo second", R"(,"timeout_ms":5000)"), "c2"));
  wait_for_stage("c2", call_stage::waits_for_place);
  release();
  CHECK_EQ(text_of(held), "released\n");
  CHECK_EQ(text_of(second), "second\n");
  wait_for_stage("c2", call_stage::has_place);
}

SCENARIO("a patch waits for its turn as well") {
  auto held = hold();
  auto patch = send(a_call(
    "apply_patch", R"({"input":"*** Begin Patch\n*** Add File: made\n+x\n*** End Patch"})", "c2"));
  wait_for_stage("c2", call_stage::waits_for_place);
  CHECK_EQ(read("made"), "(missing)");
  release();
  text_of(held);
  text_of(patch);
  CHECK_EQ(read("made"), "x\n");
}

SCENARIO("a command that is cancelled while it waits is answered at once and never runs") {
  auto held = hold();
  auto second = send(a_call("shell_command", command("echo x > made"), "c2"));
  wait_for_stage("c2", call_stage::waits_for_place);
  cancel("c2");
  CHECK(text_of(second).find("aborted by user") != std::string::npos);
  auto session = send(a_call("exec_command", R"({"login":false,"cmd":"echo x > made"})", "c3"));
  wait_for_stage("c3", call_stage::waits_for_place);
  cancel("c3");
  CHECK(text_of(session).find("aborted by user") != std::string::npos);
  release();
  text_of(held);
  CHECK_EQ(output_of(run("shell_command", command("echo third"), "c4")), "third\n");
  CHECK_EQ(read("made"), "(missing)");
}

SCENARIO("a session that has yielded gives its place back, and can be polled without one") {
  const auto server =
    run("exec_command", R"({"login":false,"cmd":"echo up; cat go","yield_time_ms":250})", "c1");
  const auto session = session_of(server);
  REQUIRE(!session.empty());
  auto second = send(a_call("shell_command", command("cat go", R"(,"timeout_ms":60000)"), "c2"));
  wait_for_events<exec_command_begin>(2);
  auto third = send(a_call("shell_command", command("echo third"), "c3"));
  wait_for_stage("c3", call_stage::waits_for_place);
  const auto poll =
    run("write_stdin", R"({"session_id":)" + session + R"(,"yield_time_ms":250,"chars":"x"})", "w");
  CHECK(poll.output.find("stdin is closed") !=
        std::string::npos); // answered, although none is free
  cancel("c2");
  text_of(second);
  CHECK_EQ(text_of(third), "third\n");
  cancel();
}

SCENARIO("the end of a thread takes its waiting commands along") {
  auto held = hold();
  auto second = send(a_call("shell_command", command("echo x > made"), "c2"));
  auto third = send(a_call("exec_command", R"({"login":false,"cmd":"echo x > made"})", "c3"));
  wait_for_stage("c3", call_stage::waits_for_place);
  cancel();
  CHECK(text_of(held).find("aborted") != std::string::npos);
  CHECK(text_of(second).find("aborted") != std::string::npos);
  CHECK(text_of(third).find("aborted") != std::string::npos);
  CHECK_EQ(output_of(run("shell_command", command("echo more"), "c4")), "more\n");
  CHECK_EQ(read("made"), "(missing)");
}

END_FIXTURE_SCOPE()
