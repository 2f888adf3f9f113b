#define CAF_SUITE tool_arguments
#include <caf/test/bdd_dsl.hpp>

#include "actors/tool_runner/tool_arguments.hpp"

#include <string>
#include <vector>

using namespace troupe;
using namespace troupe::tool_runner;
using namespace std::chrono_literals;

namespace {

template <class T>
T value(parsed_arguments<T> x) {
  if (auto* error = std::get_if<argument_error>(&x))
    CAF_FAIL(error->message);
  return std::get<T>(std::move(x));
}

template <class T>
std::string complaint(const parsed_arguments<T>& x) {
  constexpr std::string_view prefix = "failed to parse function arguments: ";
  const auto* error = std::get_if<argument_error>(&x);
  if (error == nullptr)
    return "accepted";
  CHECK(error->message.starts_with(prefix));
  return error->message.substr(prefix.size());
}

const std::string no_json = "the arguments are not one valid JSON value";

} // namespace

SCENARIO("exec_command has defaults for all but the script") {
  exec_command_arguments expected;
  expected.cmd = "ls";
  CHECK(value(parse_exec_command(R"({"cmd":"ls"})")) == expected);
  CHECK(value(parse_exec_command(R"({"cmd":"ls","workdir":null,"unknown":[1]})")) == expected);
  CHECK(expected.yield_time == 10s);
  CHECK_EQ(expected.max_output_tokens, 10'000);
}

SCENARIO("exec_command takes all its arguments") {
  exec_command_arguments expected;
  expected.cmd = "make";
  expected.workdir = "sub";
  expected.shell = "/bin/zsh";
  expected.login = login_shell::no;
  expected.tty = terminal_wish::pty;
  expected.yield_time = 500ms;
  expected.max_output_tokens = 7;
  expected.escalation = {sandbox_request::require_escalated, "May I?", {"make"}};
  CHECK(
    value(parse_exec_command(
      R"({"cmd":"make","workdir":"sub","shell":"/bin/zsh","login":false,"tty":true,)"
      R"("yield_time_ms":500.0,"max_output_tokens":7,"sandbox_permissions":"require_escalated",)"
      R"("justification":"May I?","prefix_rule":["make"]})")) == expected);
}

SCENARIO("yield times stay within their limits") {
  const auto exec = [](std::string yield) {
    return value(parse_exec_command(R"({"cmd":"x","yield_time_ms":)" + yield + "}")).yield_time;
  };
  CHECK(exec("0") == 250ms);
  CHECK(exec("31000") == 30s);
  CHECK(exec("9223372036854775807") == 30s);
  const auto poll = [](std::string more) {
    return value(parse_write_stdin(R"({"session_id":1)" + more + "}")).yield_time;
  };
  CHECK(poll("") == 5s);
  CHECK(poll(R"(,"yield_time_ms":100)") == 5s);
  CHECK(poll(R"(,"yield_time_ms":40000)") == 30s);
  CHECK(poll(R"(,"chars":"x")") == 250ms);
  CHECK(poll(R"(,"chars":"x","yield_time_ms":300)") == 300ms);
}

SCENARIO("write_stdin needs a session") {
  write_stdin_arguments expected;
  expected.session_id = 4711;
  expected.chars = "y\n";
  expected.yield_time = 250ms;
  CHECK(value(parse_write_stdin(R"({"session_id":4711,"chars":"y\n"})")) == expected);
  CHECK_EQ(complaint(parse_write_stdin("{}")), "missing field `session_id`");
  CHECK_EQ(complaint(parse_write_stdin(R"({"session_id":"1"})")),
           "invalid type: `session_id` must be a whole number of 0 or more");
}

SCENARIO("shell takes an argv, shell_command a script") {
  shell_arguments expected;
  expected.command = {"ls", "-l"};
  CHECK(value(parse_shell(R"({"command":["ls","-l"]})")) == expected);
  expected.workdir = "w";
  expected.timeout = 2s;
  CHECK(value(parse_shell(R"({"command":["ls","-l"],"workdir":"w","timeout":2000})")) == expected);
  CHECK(value(parse_shell(
          R"({"command":["ls","-l"],"workdir":"w","timeout":9,"timeout_ms":2000})")) == expected);
  shell_arguments script;
  script.command = {"ls -l"};
  script.login = login_shell::no;
  CHECK(value(parse_shell_command(R"({"command":"ls -l","login":false})")) == script);
  CHECK(shell_arguments::default_timeout == 10s);
}

SCENARIO("local shell calls have names of their own") {
  shell_arguments expected;
  expected.command = {"ls"};
  expected.workdir = "/w";
  expected.timeout = 1s;
  CHECK(value(parse_local_shell(R"({"type":"exec","command":["ls"],"timeout_ms":1000,)"
                                R"("working_directory":"/w","env":{},"user":null})")) == expected);
}

SCENARIO("wrong arguments are complained about in words") {
  CHECK_EQ(complaint(parse_exec_command("")), no_json);
  CHECK_EQ(complaint(parse_exec_command("{\"cmd\":")), no_json);
  CHECK_EQ(complaint(parse_exec_command("[]")), "expected a JSON object");
  CHECK_EQ(complaint(parse_exec_command("{}")), "missing field `cmd`");
  CHECK_EQ(complaint(parse_exec_command(R"({"cmd":["ls"]})")),
           "invalid type: `cmd` must be a string");
  CHECK_EQ(complaint(parse_exec_command(R"({"cmd":"x","tty":"yes"})")),
           "invalid type: `tty` must be true or false");
  for (const auto* number : {"-1", "1.5", "\"1\"", "1e300"})
    CHECK_EQ(
      complaint(parse_exec_command(std::string{R"({"cmd":"x","yield_time_ms":)"} + number + "}")),
      "invalid type: `yield_time_ms` must be a whole number of 0 or more");
  CHECK_EQ(complaint(parse_exec_command(R"({"cmd":"x","sandbox_permissions":"root"})")),
           "unknown variant `root` of `sandbox_permissions`, expected `use_default` or "
           "`require_escalated`");
  CHECK_EQ(complaint(parse_shell("{}")), "missing field `command`");
  CHECK_EQ(complaint(parse_shell(R"({"command":"ls"})")),
           "invalid type: `command` must be an array of strings");
  CHECK_EQ(complaint(parse_shell(R"({"command":["ls",1]})")),
           "invalid type: `command` must be an array of strings");
  CHECK_EQ(complaint(parse_apply_patch("{}")), "missing field `input`");
}

SCENARIO("apply_patch takes the patch as input") {
  CHECK_EQ(value(parse_apply_patch(R"({"input":"*** Begin"})")), "*** Begin");
}

SCENARIO("a plan has steps with a status") {
  const plan_update expected{
    "why",
    {{"a", step_status::pending}, {"b", step_status::in_progress}, {"c", step_status::completed}}};
  CHECK(value(parse_update_plan(
          R"({"explanation":"why","plan":[{"step":"a","status":"pending"},)"
          R"({"status":"in_progress","step":"b"},{"step":"c","status":"completed"}]})")) ==
        expected);
  CHECK(value(parse_update_plan(R"({"plan":[]})")) == plan_update{});
}

SCENARIO("a plan with anything unknown is refused") {
  CHECK_EQ(complaint(parse_update_plan("{}")), "missing field `plan`");
  CHECK_EQ(complaint(parse_update_plan(R"({"plan":{}})")), "invalid type: `plan` must be an array");
  CHECK_EQ(complaint(parse_update_plan(R"({"plan":[],"title":"x"})")), "unknown field `title`");
  CHECK_EQ(complaint(parse_update_plan(R"({"plan":["x"]})")), "expected a JSON object");
  CHECK_EQ(complaint(parse_update_plan(R"({"plan":[{"step":"x"}]})")), "missing field `status`");
  CHECK_EQ(complaint(parse_update_plan(R"({"plan":[{"step":"x","status":"done"}]})")),
           "unknown variant `done` of `status`, expected `pending`, `in_progress` or `completed`");
  CHECK_EQ(complaint(parse_update_plan(R"({"plan":[{"step":"x","status":"pending","n":1}]})")),
           "unknown field `n`");
}
