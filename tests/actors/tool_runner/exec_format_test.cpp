#define CAF_SUITE exec_format
#include <caf/test/bdd_dsl.hpp>

#include "actors/tool_runner/exec_format.hpp"

#include <string>

using namespace troupe;
using namespace troupe::tool_runner;
using namespace std::chrono_literals;

namespace {

constexpr truncation_policy roomy{truncation_mode::bytes, 10'000};
constexpr truncation_policy tight{truncation_mode::bytes, 4};

exec_outcome an_outcome(std::string output, std::chrono::nanoseconds duration = 0ns) {
  return {.exit_code = 0,
          .end = exec_end::exited,
          .duration = duration,
          .standard_output = output,
          .standard_error = {},
          .aggregated_output = output};
}

} // namespace

SCENARIO("shell outputs are compact JSON") {
  CHECK_EQ(shell_json_output(an_outcome("a\"b\n", 230ms), roomy),
           R"({"output":"a\"b\n","metadata":{"exit_code":0,"duration_seconds":0.2}})");
  auto failed = an_outcome("", 1s);
  failed.exit_code = 3;
  CHECK_EQ(shell_json_output(failed, roomy),
           R"({"output":"","metadata":{"exit_code":3,"duration_seconds":1.0}})");
  CHECK_EQ(shell_json_output(an_outcome("1\n2\n3\n"), tight),
           R"({"output":"Total output lines: 3\n\n1\n…2 chars truncated…3\n",)"
           R"("metadata":{"exit_code":0,"duration_seconds":0.0}})");
}

SCENARIO("shell_command outputs are lines") {
  CHECK_EQ(shell_lines_output(an_outcome("hi\n", 49ms), roomy),
           "Exit code: 0\nWall time: 0 seconds\nOutput:\nhi\n");
  CHECK_EQ(shell_lines_output(an_outcome("", 1960ms), roomy),
           "Exit code: 0\nWall time: 2 seconds\nOutput:\n");
  CHECK_EQ(shell_lines_output(an_outcome("1\n2\n3\n", 150ms), tight),
           "Exit code: 0\nWall time: 0.2 seconds\nTotal output lines: 3\nOutput:\n"
           "1\n…2 chars truncated…3\n");
  CHECK_EQ(shell_lines_output(an_outcome("123456789"), tight),
           "Exit code: 0\nWall time: 0 seconds\nOutput:\n12…5 chars truncated…89");
}

SCENARIO("a timeout is said in the first line") {
  auto x = an_outcome("partial", 10'004ms);
  x.exit_code = timed_out_exit_code;
  x.end = exec_end::timed_out;
  CHECK_EQ(shell_lines_output(x, roomy), "Exit code: 124\nWall time: 10 seconds\nOutput:\n"
                                         "command timed out after 10004 milliseconds\npartial");
  CHECK_EQ(shell_json_output(x, roomy),
           R"({"output":"command timed out after 10004 milliseconds\npartial",)"
           R"("metadata":{"exit_code":124,"duration_seconds":10.0}})");
}

SCENARIO("unified exec outputs tell whether the process still runs") {
  collected_output x{.chunk_id = "4f9a02",
                     .wall_time = 152'300us,
                     .exit_code = 0,
                     .session_id = {},
                     .text = "hello\n"};
  CHECK_EQ(unified_exec_output(x, 10'000),
           "Chunk ID: 4f9a02\nWall time: 0.1523 seconds\nProcess exited with code 0\n"
           "Original token count: 2\nOutput:\nhello\n");
  x.exit_code.reset();
  x.session_id = 43122;
  x.text = "1\n2\n3\n";
  CHECK_EQ(unified_exec_output(x, 1),
           "Chunk ID: 4f9a02\nWall time: 0.1523 seconds\n"
           "Process running with session ID 43122\nOriginal token count: 2\nOutput:\n"
           "Total output lines: 3\n\n1\n…1 tokens truncated…3\n");
}

SCENARIO("a chunk id has six digits") {
  CHECK_EQ(chunk_id(0), "000000");
  CHECK_EQ(chunk_id(0xAB4f9a02), "4f9a02");
}

SCENARIO("an aborted call says how long it ran, at least a tenth of a second") {
  CHECK_EQ(abort_text("shell", 0ms), "Wall time: 0.1 seconds\naborted by user");
  CHECK_EQ(abort_text("shell_command", 12'340ms), "Wall time: 12.3 seconds\naborted by user");
  CHECK_EQ(abort_text("local_shell", 2s), "Wall time: 2.0 seconds\naborted by user");
  CHECK_EQ(abort_text("container.exec", 2s), "Wall time: 2.0 seconds\naborted by user");
  CHECK_EQ(abort_text("exec_command", 1500ms), "aborted by user after 1.5s");
  CHECK_EQ(abort_text("apply_patch", 10ms), "aborted by user after 0.1s");
}

SCENARIO("failures are rendered as contracted") {
  CHECK_EQ(execution_error("Sandbox(Signal(9))"), "execution error: Sandbox(Signal(9))");
  CHECK_EQ(exec_command_rejected("rejected by user"),
           R"x(exec_command failed: CreateProcess { message: "Rejected(\"rejected by user\")" })x");
  CHECK_EQ(exec_command_rejected("a \"b\"\n"),
           R"x(exec_command failed: CreateProcess { message: "Rejected(\"a \\\"b\\\"\\n\")" })x");
  CHECK_EQ(exec_command_failed("no such file"),
           R"(exec_command failed: CreateProcess { message: "no such file" })");
  CHECK_EQ(exec_command_denied("x: Permission denied\n", 1),
           R"(exec_command failed: SandboxDenied { message: "x: Permission denied\n" })");
  CHECK_EQ(exec_command_denied("", 159),
           R"(exec_command failed: SandboxDenied { message: "Process exited with code 159" })");
}
