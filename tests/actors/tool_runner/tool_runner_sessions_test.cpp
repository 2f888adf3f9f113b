#define CAF_SUITE tool_runner_sessions
#include <caf/test/bdd_dsl.hpp>

#include "tests/actors/tool_runner/tool_runner_fixture.hpp"

#include <string>
#include <vector>

using namespace tool_runner_fixture;

namespace {

struct session_fixture : fixture {
  tool_result exec(const std::string& cmd, const std::string& more = "", std::string id = "c1") {
    return run("exec_command", R"({"login":false,"cmd":")" + cmd + "\"" + more + "}",
               std::move(id));
  }

  tool_result write_to(const std::string& session, const std::string& more = "",
                       std::string id = "w1") {
    return run("write_stdin", R"({"session_id":)" + session + more + "}", std::move(id));
  }
};

constexpr auto short_yield = R"(,"yield_time_ms":250)";

} // namespace

BEGIN_FIXTURE_SCOPE(session_fixture)

SCENARIO("a command that ends in time is answered with its exit code") {
  const auto result = exec("echo hello; exit 3");
  CHECK(result.success);
  CHECK(result.output.starts_with("Chunk ID: "));
  CHECK(result.output.find("Process exited with code 3\n") != std::string::npos);
  CHECK(result.output.find("Original token count: 2\n") != std::string::npos);
  CHECK_EQ(output_of(result), "hello\n");
  CHECK_EQ(session_of(result), "");
  const auto all = events();
  REQUIRE_EQ(all.size(), 3u);
  const auto* begin = std::get_if<exec_command_begin>(&all[0]);
  REQUIRE(begin);
  CHECK(begin->source == exec_source::unified_exec_startup);
  CHECK(!begin->process_id.empty());
  const auto* delta = std::get_if<exec_output_delta>(&all[1]);
  REQUIRE(delta);
  CHECK_EQ(delta->chunk, "hello\n");
  const auto* end = std::get_if<exec_command_end>(&all[2]);
  REQUIRE(end);
  CHECK(end->begin == *begin);
  CHECK_EQ(end->exit_code, 3);
  CHECK_EQ(end->aggregated_output, "hello\n");
  CHECK_EQ(write_to(begin->process_id).output,
           "write_stdin failed: Unknown process id " + begin->process_id);
}

SCENARIO("the child sees an unattended environment") {
  const auto result =
    exec("echo $TERM,$PAGER,$NO_COLOR,$CODEX_CI,$LANG,$GIT_PAGER,$GH_PAGER,[$COLORTERM],"
         "$CODEX_THREAD_ID");
  CHECK_EQ(output_of(result), "dumb,cat,1,1,C.UTF-8,cat,cat,[]," + to_string(thread) + "\n");
}

SCENARIO("a command that goes on is polled until its end") {
  const auto pipe = make_pipe("go");
  const auto first = exec("echo one; cat go; echo two", short_yield);
  const auto session = session_of(first);
  REQUIRE(!session.empty());
  CHECK(first.output.find("Process exited") == std::string::npos);
  // The poll ends with the process, which ends with its input.
  auto answer = send(a_call("write_stdin", R"({"session_id":)" + session + "}", "w1"));
  std::ofstream{pipe} << "middle\n";
  answer.receive(
    [&](tool_result& x) {
      CHECK(x.output.find("Process exited with code 0\n") != std::string::npos);
      CHECK_EQ(session_of(x), "");
      CHECK_EQ(output_of(first) + output_of(x), "one\nmiddle\ntwo\n");
    },
    [](const caf::error& x) { CAF_FAIL(x); });
  const auto polls = events_of_type<terminal_interaction>();
  REQUIRE_EQ(polls.size(), 1u);
  CHECK_EQ(polls[0].call_id, "c1");
  CHECK_EQ(polls[0].process_id, session);
  CHECK_EQ(polls[0].standard_input, "");
  const auto ends = events_of_type<exec_command_end>();
  REQUIRE_EQ(ends.size(), 1u);
  CHECK_EQ(ends[0].aggregated_output, "one\nmiddle\ntwo\n");
  CHECK_EQ(write_to(session, "", "w2").output, "write_stdin failed: Unknown process id " + session);
}

SCENARIO("a process that ends while nobody polls tells its end and keeps its output") {
  const auto pipe = make_pipe("go");
  const auto session = session_of(exec("cat go; exit 5", short_yield));
  REQUIRE(!session.empty());
  std::ofstream{pipe} << "late\n";
  CHECK_EQ(wait_for_events<exec_command_end>(1).at(0).exit_code, 5);
  const auto polled = write_to(session);
  CHECK(polled.output.find("Process exited with code 5\n") != std::string::npos);
  CHECK_EQ(output_of(polled), "late\n");
}

SCENARIO("a terminal can be written to") {
  const auto started = exec("stty -echo; echo ready; read line; echo got:$line; read line; echo "
                            "got:$line",
                            R"(,"tty":true,"yield_time_ms":250)");
  const auto session = session_of(started);
  REQUIRE(!session.empty());
  auto output = output_of(started);
  while (output.find("ready") == std::string::npos) // what is written earlier would be echoed
    output += output_of(write_to(session, "", "w0"));
  const auto first = write_to(session, R"(,"chars":"abc\n","yield_time_ms":250)", "w1");
  CHECK_EQ(session_of(first), session);
  const auto second = write_to(session, R"(,"chars":"xyz\n","yield_time_ms":30000)", "w2");
  CHECK(second.output.find("Process exited with code 0\n") != std::string::npos);
  CHECK_EQ(output + output_of(first) + output_of(second), "ready\r\ngot:abc\r\ngot:xyz\r\n");
  CHECK_EQ(events_of_type<terminal_interaction>().back().standard_input, "xyz\n");
}

SCENARIO("without a terminal there is no input") {
  CHECK_EQ(output_of(exec("cat")), "");
  make_pipe("go");
  const auto session = session_of(exec("cat go", short_yield, "c2"));
  REQUIRE(!session.empty());
  CHECK_EQ(write_to(session, R"(,"chars":"x")").output,
           "write_stdin failed: stdin is closed for this session; rerun exec_command with tty=true "
           "to keep stdin open");
}

SCENARIO("the end of a turn ends its processes, and their ends are told") {
  const auto pipe = make_pipe("held");
  const auto session = session_of(exec("exec sleep 600 <> held >&0", short_yield));
  REQUIRE(!session.empty());
  CHECK(events_of_type<exec_command_end>().empty());
  const auto fd = ::open(pipe.c_str(), O_RDONLY | O_CLOEXEC);
  cancel();
  char byte = 0;
  CHECK_EQ(::read(fd, &byte, 1), 0); // waits for the end of the process
  ::close(fd);
  const auto ends = wait_for_events<exec_command_end>(1);
  CHECK_EQ(ends[0].exit_code, -1);
  CHECK_EQ(ends[0].begin.call_id, "c1");
  CHECK_EQ(write_to(session).output, "write_stdin failed: Unknown process id " + session);
}

SCENARIO("an aborted start ends the process") {
  const auto pipe = make_pipe("held");
  auto answer = send(a_call("exec_command", R"({"login":false,"cmd":"exec sleep 600 > held"})"));
  const auto fd = ::open(pipe.c_str(), O_RDONLY | O_CLOEXEC);
  cancel("c1");
  answer.receive([](tool_result& x) { CHECK(x.output.starts_with("aborted by user after ")); },
                 [](const caf::error& x) { CAF_FAIL(x); });
  char byte = 0;
  CHECK_EQ(::read(fd, &byte, 1), 0);
  ::close(fd);
}

SCENARIO("an aborted poll leaves the process running") {
  const auto pipe = make_pipe("go");
  const auto session = session_of(exec("cat go", short_yield));
  auto answer = send(a_call("write_stdin", R"({"session_id":)" + session + "}", "w1"));
  cancel("w1");
  answer.receive([](tool_result& x) { CHECK(x.output.starts_with("aborted by user after ")); },
                 [](const caf::error& x) { CAF_FAIL(x); });
  auto again = send(a_call("write_stdin", R"({"session_id":)" + session + "}", "w2"));
  std::ofstream{pipe} << "still here";
  again.receive([](tool_result& x) { CHECK_EQ(output_of(x), "still here"); },
                [](const caf::error& x) { CAF_FAIL(x); });
}

SCENARIO("output beyond the budget is cut, and retained at both ends") {
  const auto result =
    exec("yes 0123456789 | head -c 3000000; echo END", R"(,"max_output_tokens":10)");
  CHECK(output_of(result).starts_with("Total output lines: "));
  CHECK(output_of(result).ends_with("456789\nEND\n") || output_of(result).ends_with("END\n"));
  const auto end = events_of_type<exec_command_end>().at(0);
  CHECK_EQ(end.aggregated_output.size(), 1024u * 1024u);
  CHECK(end.aggregated_output.ends_with("END\n"));
}

SCENARIO("a program that does not exist fails without events") {
  const auto result = run("exec_command", R"({"cmd":"true","workdir":"gone"})");
  CHECK(result.output.starts_with("exec_command failed: CreateProcess { message: \""));
  CHECK(!result.success);
  CHECK(events().empty());
}

SCENARIO("many open processes are told of") {
  make_pipe("go");
  constexpr int count = 60;
  std::vector<decltype(send(a_call("", "")))> answers;
  for (int i = 0; i < count; ++i)
    answers.push_back(
      send(a_call("exec_command", R"({"login":false,"yield_time_ms":250,"cmd":"cat go"})",
                  "c" + std::to_string(i))));
  std::vector<std::string> notes;
  for (auto i = answers.rbegin(); i != answers.rend(); ++i)
    i->receive(
      [&](tool_result& x) {
        CHECK(!session_of(x).empty());
        notes.insert(notes.end(), x.notes.begin(), x.notes.end());
      },
      [](const caf::error& x) { CAF_FAIL(x); });
  REQUIRE_EQ(notes.size(), 1u);
  CHECK(notes[0].starts_with("Warning: 60 processes"));
}

END_FIXTURE_SCOPE()
