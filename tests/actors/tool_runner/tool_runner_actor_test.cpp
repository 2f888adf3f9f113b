#define CAF_SUITE tool_runner_actor
#include <caf/test/bdd_dsl.hpp>

#include "tests/actors/tool_runner/tool_runner_fixture.hpp"

#include <string>
#include <vector>

using namespace tool_runner_fixture;

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("a plan is told and answered") {
  const auto result = run("update_plan", R"({"plan":[{"step":"a","status":"pending"}]})");
  CHECK_EQ(result.output, "Plan updated");
  CHECK(result.success);
  CHECK_EQ(result.call_id, "c1");
  const plan_update expected{std::nullopt, {{"a", step_status::pending}}};
  const auto told = events_of_type<plan_update>();
  REQUIRE_EQ(told.size(), 1u);
  CHECK(told.front() == expected);
}

SCENARIO("shell runs a program with exactly its environment, folder and no input") {
  tool_runner::dependencies deps = default_dependencies();
  deps.environment = config::variables{{"PATH", "/usr/bin:/bin"}, {"ONE", "1"}, {"TWO", "2"}};
  start(std::move(deps));
  context.environment.exclude = {"T*"};
  const auto result = run("shell", R"({"command":["sh","-c","cat; pwd; env | sort; echo e >&2"]})");
  CHECK(result.success);
  CHECK_EQ(result.output.substr(0, 10), R"({"output":)");
  const auto ends = events_of_type<exec_command_end>();
  REQUIRE_EQ(ends.size(), 1u);
  CHECK_EQ(ends[0].standard_output, context.cwd + "\nCODEX_THREAD_ID=" + to_string(thread) +
                                      "\nONE=1\nPATH=/usr/bin:/bin\nPWD=" + context.cwd + "\n");
  CHECK_EQ(ends[0].standard_error, "e\n");
  CHECK_EQ(ends[0].aggregated_output, ends[0].standard_output + "e\n");
  CHECK_EQ(ends[0].exit_code, 0);
}

SCENARIO("tools inherit nothing of what the program logs in with, unless the policy sets it") {
  tool_runner::dependencies deps = default_dependencies();
  config::provider mine;
  mine.env_key = "MY_PROVIDER";
  mine.env_http_headers = {{"x-team", "TEAM_SECRET"}};
  deps.withheld = config::credential_names({{"mine", mine}});
  deps.environment = config::variables{{"PATH", "/usr/bin:/bin"}};
  for (const auto& name : deps.withheld)
    deps.environment->insert_or_assign(name, "hush");
  start(std::move(deps));
  context.environment.set = {{"TEAM_SECRET", "given"}};
  for (const auto& [tool, arguments] :
       {std::pair{"shell", R"({"command":["env"]})"},
        std::pair{"shell_command", R"({"command":"env","login":false})"},
        std::pair{"exec_command", R"({"cmd":"env","login":false})"}}) {
    const auto result = run(tool, arguments);
    CHECK(result.output.find("PATH=/usr/bin:/bin") != std::string::npos);
    CHECK(result.output.find("TEAM_SECRET=given") != std::string::npos);
    CHECK(result.output.find("hush") == std::string::npos);
  }
}

SCENARIO("events come in order: begin, deltas, end") {
  const auto result = run("shell_command", R"({"command":"echo out; echo err >&2; exit 3"})");
  CHECK(!result.success);
  CHECK(result.output.starts_with("Exit code: 3\nWall time: "));
  CHECK(output_of(result) == "out\nerr\n");
  const auto all = events();
  REQUIRE(all.size() >= 4u);
  const auto* begin = std::get_if<exec_command_begin>(&all.front());
  REQUIRE(begin);
  CHECK_EQ(begin->call_id, "c1");
  CHECK_EQ(begin->cwd, context.cwd);
  CHECK_EQ(begin->command.size(), 3u);
  CHECK(begin->source == exec_source::agent);
  CHECK_EQ(begin->parsed_cmd_json.str(),
           R"([{"type":"unknown","cmd":"echo out; echo err >&2; exit 3"}])");
  const auto* end = std::get_if<exec_command_end>(&all.back());
  REQUIRE(end);
  CHECK(end->begin == *begin);
  CHECK_EQ(end->exit_code, 3);
  std::string out;
  for (const auto& x : events_of_type<exec_output_delta>())
    if (x.stream == output_stream::standard_output)
      out += x.chunk;
  CHECK_EQ(out, "out\n");
}

SCENARIO("a command that cannot be run is answered with the cause") {
  const auto empty = run("shell", R"({"command":[]})", "c1");
  CHECK_EQ(empty.output, "command args are empty");
  const auto missing = run("shell", R"({"command":["/no/such/program"]})", "c2");
  CHECK(missing.output.starts_with("execution error: "));
  CHECK(missing.output.find("No such file") != std::string::npos);
  const auto folder = run("shell", R"({"command":["ls"],"workdir":"gone"})", "c3");
  CHECK(folder.output.starts_with("execution error: "));
  const auto killed = run("shell", R"({"command":["sh","-c","kill -9 $$"]})", "c4");
  CHECK_EQ(killed.output, "execution error: Sandbox(Signal(9))");
  for (const auto& x : {empty, missing, folder, killed})
    CHECK(!x.success);
  const auto ends = events_of_type<exec_command_end>();
  REQUIRE_EQ(ends.size(), 4u);
  CHECK_EQ(ends[0].exit_code, -1);
  CHECK_EQ(ends[0].standard_error, empty.output);
  CHECK_EQ(ends[0].formatted_output, empty.output);
}

SCENARIO("a time limit kills grandchildren too") {
  const auto [told, result] = run_into_limit("(echo up; exec sleep 600) > held & wait");
  CHECK_EQ(told, "up\n");
  CHECK(!result.success);
  CHECK(result.output.starts_with("Exit code: 124\n"));
  CHECK(output_of(result).starts_with("command timed out after "));
  CHECK_EQ(events_of_type<exec_command_end>().at(0).exit_code, 124);
}

SCENARIO("a flood of output stays bounded") {
  const auto result =
    run("shell", R"({"command":["sh","-c","yes 0123456789 | head -c 20000000"]})");
  CHECK(result.success);
  CHECK(result.output.size() < 13'000);
  CHECK(result.output.find("chars truncated") != std::string::npos);
  const auto end = events_of_type<exec_command_end>().at(0);
  CHECK_EQ(end.aggregated_output.size(), 1024u * 1024u);
  std::size_t shown = 0;
  for (const auto& x : events_of_type<exec_output_delta>())
    shown += x.chunk.size();
  CHECK(shown >= 1024u * 1024u - 8192u);
  CHECK(shown < 20'000'000u);
}

SCENARIO("a cancelled call is answered at once and its processes are killed") {
  const auto pipe = make_pipe("held");
  auto answer = send(a_call("shell_command", R"({"timeout_ms":600000,"login":false,)"
                                             R"("command":"exec sleep 600 > held"})"));
  const auto fd = ::open(pipe.c_str(), O_RDONLY | O_CLOEXEC); // returns when the child has it open
  cancel("c1");
  tool_result result;
  answer.receive([&](tool_result& x) { result = std::move(x); },
                 [](const caf::error& x) { CAF_FAIL(x); });
  CHECK(result.output.starts_with("Wall time: "));
  CHECK(result.output.ends_with(" seconds\naborted by user"));
  CHECK(!result.success);
  char byte = 0;
  CHECK_EQ(::read(fd, &byte, 1), 0); // waits for the end of the child
  ::close(fd);
  CHECK(events_of_type<exec_command_end>().empty());
}

SCENARIO("the end of a thread's actor ends its calls") {
  const auto pipe = make_pipe("held");
  auto answer = send(a_call("shell_command", R"({"timeout_ms":600000,"login":false,)"
                                             R"("command":"exec sleep 600 > held"})"));
  const auto fd = ::open(pipe.c_str(), O_RDONLY | O_CLOEXEC);
  caf::anon_send_exit(listener, caf::exit_reason::kill);
  answer.receive([&](tool_result& x) { CHECK(x.output.ends_with("aborted by user")); },
                 [](const caf::error& x) { CAF_FAIL(x); });
  char byte = 0;
  CHECK_EQ(::read(fd, &byte, 1), 0);
  ::close(fd);
}

SCENARIO("the end of the tool runner answers calls and kills their processes") {
  const auto pipe = make_pipe("held");
  auto answer = send(a_call("shell_command", R"({"timeout_ms":600000,"login":false,)"
                                             R"("command":"exec sleep 600 > held"})"));
  const auto fd = ::open(pipe.c_str(), O_RDONLY | O_CLOEXEC);
  caf::anon_send_exit(tools, caf::exit_reason::user_shutdown);
  answer.receive([](tool_result& x) { CAF_FAIL(x.output); },
                 [](const caf::error& x) { CHECK(x == errc::shutting_down); });
  char byte = 0;
  CHECK_EQ(::read(fd, &byte, 1), 0);
  ::close(fd);
}

SCENARIO("too many open calls are refused at once") {
  auto deps = default_dependencies();
  deps.max_open_calls = 1;
  start(std::move(deps));
  const auto pipe = make_pipe("held");
  auto answer = send(
    a_call("shell_command", R"({"login":false,"timeout_ms":600000,"command":"echo x > held"})"));
  CHECK(run("update_plan", R"({"plan":[]})", "c2").output.find("too many tools are running") !=
        std::string::npos);
  CHECK_EQ(read_to_end(pipe), "x\n");
  answer.receive([](tool_result& x) { CHECK(x.success); },
                 [](const caf::error& x) { CAF_FAIL(x); });
  CHECK_EQ(run("update_plan", R"({"plan":[]})", "c3").output, "Plan updated");
}

SCENARIO("dangerous commands are refused when nobody can be asked") {
  write("precious", "x");
  const auto shell = run("shell_command", R"({"command":"rm -rf precious"})", "c1");
  CHECK_EQ(shell.output.substr(shell.output.find(" rejected")), " rejected: blocked by policy");
  const auto exec = run("exec_command", R"({"cmd":"rm -rf precious"})", "c2");
  CHECK(exec.output.starts_with("exec_command failed: CreateProcess { message: \"Rejected("));
  CHECK_EQ(read("precious"), "x");
  context.approval_policy = approval_policy::untrusted;
  CHECK_EQ(run("shell_command", R"({"command":"touch x"})", "c3").output,
           "exec command rejected by user");
  CHECK_EQ(run("exec_command", R"({"cmd":"touch x"})", "c4").output,
           R"x(exec_command failed: CreateProcess { message: "Rejected(\"rejected by user\")" })x");
}

SCENARIO("a wrong payload is an error, an unknown tool an answer") {
  CHECK(run(a_call("shell", "x", "c1", tool_payload::custom)).output.starts_with("error: "));
  CHECK_EQ(run("fly", "{}", "c2").output, "unsupported call: fly");
}

END_FIXTURE_SCOPE()
