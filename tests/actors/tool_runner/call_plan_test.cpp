#define CAF_SUITE call_plan
#include <caf/test/bdd_dsl.hpp>

#include "actors/tool_runner/call_plan.hpp"

#include <string>
#include <vector>

using namespace troupe;
using namespace troupe::tool_runner;
using namespace std::chrono_literals;

namespace {

const shell_environment shells{
  .users = {shell_kind::bash, "/bin/bash"},
  .lookup = {.account_shell = "/bin/bash",
             .search_path = "/bin",
             .is_file = [](const std::string& x) { return x == "/bin/zsh"; }}};

run_tool a_call(std::string name, std::string arguments,
                tool_payload payload = tool_payload::function) {
  run_tool result;
  result.call_id = "c1";
  result.payload = payload;
  result.name = std::move(name);
  result.arguments = std::move(arguments);
  tool_context context;
  context.cwd = "/w";
  context.approval_policy = approval_policy::on_request;
  context.sandbox_policy.mode = sandbox_mode::workspace_write;
  result.context = shared_value{std::move(context)};
  return result;
}

template <class T>
T planned(const run_tool& call) {
  auto plan = plan_call(call, shells);
  if (!std::holds_alternative<T>(plan))
    CAF_FAIL("another kind of plan: " << plan.index());
  return std::get<T>(std::move(plan));
}

std::string refused(const run_tool& call) {
  const auto answer = planned<finished_call>(call);
  CHECK(!answer.success);
  CHECK(answer.events.empty());
  return answer.output;
}

const std::string patch_text = "*** Begin Patch\n*** Delete File: a\n*** End Patch\n";
const std::string patch_json = R"(*** Begin Patch\n*** Delete File: a\n*** End Patch\n)";

} // namespace

SCENARIO("exec_command runs a script in the user's or the named shell") {
  auto plan = planned<exec_plan>(a_call("exec_command", R"({"cmd":"make"})"));
  const argument_list login{"/bin/bash", "-lc", "make"};
  CHECK_EQ(plan.argv, login);
  CHECK_EQ(plan.cwd, "/w");
  CHECK(plan.tty == terminal_wish::none);
  CHECK(plan.yield_time == 10s);
  CHECK(plan.decision.result == verdict::allow);
  CHECK(plan.decision.first == attempt::sandboxed);
  plan = planned<exec_plan>(a_call(
    "exec_command", R"({"cmd":"make","shell":"zsh","login":false,"tty":true,"workdir":"../x",)"
                    R"("yield_time_ms":300,"max_output_tokens":5})"));
  const argument_list named{"/bin/zsh", "-c", "make"};
  CHECK_EQ(plan.argv, named);
  CHECK_EQ(plan.cwd, "/x");
  CHECK(plan.tty == terminal_wish::pty);
  CHECK(plan.yield_time == 300ms);
  CHECK_EQ(plan.max_output_tokens, 5);
}

SCENARIO("shell tools run to their end") {
  const argument_list ls{"ls"};
  for (const auto* name : {"shell", "container.exec"}) {
    const auto plan =
      planned<shell_plan>(a_call(name, R"({"command":["ls"],"workdir":"/y","timeout_ms":7})"));
    CHECK(plan.layout == output_layout::json);
    CHECK_EQ(plan.argv, ls);
    CHECK_EQ(plan.cwd, "/y");
    CHECK(plan.timeout == 7ms);
  }
  const auto script = planned<shell_plan>(a_call("shell_command", R"({"command":"ls"})"));
  const argument_list in_shell{"/bin/bash", "-lc", "ls"};
  CHECK(script.layout == output_layout::lines);
  CHECK_EQ(script.argv, in_shell);
  CHECK(script.timeout == 10s);
  const auto local = planned<shell_plan>(
    a_call("", R"({"type":"exec","command":["ls"]})", tool_payload::local_shell));
  CHECK(local.layout == output_layout::json);
  CHECK_EQ(local.argv, ls);
}

SCENARIO("the other tools have plans of their own") {
  CHECK_EQ(planned<write_stdin_arguments>(a_call("write_stdin", R"({"session_id":5})")).session_id,
           5);
  const patch_plan patch{patch_text, "/w", 10s, {}};
  CHECK(planned<patch_plan>(a_call("apply_patch", R"({"input":")" + patch_json + "\"}")) == patch);
  CHECK(planned<patch_plan>(a_call("apply_patch", patch_text, tool_payload::custom)) == patch);
  const finished_call plan{"Plan updated", true, {plan_update{}}};
  CHECK(planned<finished_call>(a_call("update_plan", R"({"plan":[]})")) == plan);
}

SCENARIO("a patch that comes through a shell is planned as a patch, with a note") {
  const auto here_document = "cd sub && apply_patch <<'EOF'\\n" + patch_json + "EOF";
  const auto note = [](std::string tool) {
    return std::vector<std::string>{"Warning: apply_patch was requested via " + tool +
                                    ". Use the apply_patch tool instead of exec_command."};
  };
  const patch_plan in_folder{patch_text, "/w/d/sub", 300ms, note("exec_command")};
  CHECK(planned<patch_plan>(a_call("exec_command", R"({"yield_time_ms":300,"workdir":"d","cmd":")" +
                                                     here_document + "\"}")) == in_folder);
  const auto shell = planned<patch_plan>(
    a_call("shell", R"({"timeout_ms":20,"command":["apply_patch",")" + patch_json + "\"]}"));
  const patch_plan expected{patch_text, "/w", 20ms, note("shell")};
  CHECK(shell == expected);
  CHECK_EQ(planned<patch_plan>(a_call("", R"({"command":["apply_patch",")" + patch_json + "\"]}",
                                      tool_payload::local_shell))
             .notes,
           note("local_shell"));
  CHECK(refused(a_call("shell", R"({"command":[")" + patch_json + "\"]}"))
          .starts_with("apply_patch verification failed: patch detected without explicit call"));
}

SCENARIO("escalation is refused by policy before anything else") {
  auto call = a_call(
    "shell", R"({"command":["x"],"sandbox_permissions":"require_escalated","justification":"j"})");
  CHECK(planned<shell_plan>(call).decision.result == verdict::prompt);
  CHECK_EQ(planned<shell_plan>(call).decision.reason, "j");
  auto context = *call.context;
  context.approval_policy = approval_policy::never;
  call.context = shared_value{context};
  CHECK_EQ(refused(call), "approval policy is Never; reject command — you should not ask for "
                          "escalated permissions if the approval policy is Never");
  call.name = "exec_command";
  call.arguments = R"({"cmd":"x","sandbox_permissions":"require_escalated"})";
  CHECK_EQ(refused(call), "approval policy is Never; reject command — you cannot ask for "
                          "escalated permissions if the approval policy is Never");
}

SCENARIO("an agent that may only read gets no patch and no way out of its sandbox") {
  const auto for_reader = [](run_tool call) {
    auto context = *call.context;
    context.access = tool_access::read_only;
    context.sandbox_policy.mode = sandbox_mode::danger_full_access;
    call.context = confined(shared_value{std::move(context)});
    return call;
  };
  const auto no_patch = "apply_patch is not available: this agent may read files, but change none";
  CHECK_EQ(refused(for_reader(a_call("apply_patch", R"({"input":")" + patch_json + "\"}"))),
           no_patch);
  CHECK_EQ(refused(for_reader(a_call("apply_patch", patch_text, tool_payload::custom))), no_patch);
  CHECK_EQ(
    refused(for_reader(a_call("shell", R"({"command":["apply_patch",")" + patch_json + "\"]}"))),
    no_patch);
  const auto escalation = R"(,"sandbox_permissions":"require_escalated","justification":"j"})";
  CHECK_EQ(refused(for_reader(a_call("shell", R"({"command":["x"])" + std::string{escalation}))),
           "this agent may only read; reject command — you should not ask for escalated "
           "permissions");
  CHECK_EQ(refused(for_reader(a_call("exec_command", R"({"cmd":"x")" + std::string{escalation}))),
           "this agent may only read; reject command — you cannot ask for escalated permissions");
  const auto reads = for_reader(a_call("shell", R"({"command":["make"]})"));
  CHECK(reads.context->sandbox_policy.mode == sandbox_mode::read_only);
  CHECK(planned<shell_plan>(reads).decision.first == attempt::sandboxed);
}

SCENARIO("settings of an agent that may write are left alone") {
  const auto given = a_call("shell", "{}").context;
  CHECK_EQ(&*confined(given), &*given);
}

SCENARIO("plan mode has questions to the user and no checklist") {
  const auto in_plan_mode = [](run_tool call) {
    auto context = *call.context;
    context.mode = mode_kind::plan;
    call.context = shared_value{std::move(context)};
    return call;
  };
  CHECK_EQ(refused(in_plan_mode(a_call("update_plan", R"({"plan":[]})"))),
           "update_plan is a TO"
           "DO/checklist tool and is not allowed in Plan mode");
  CHECK_EQ(refused(a_call("request_user_input", "{}")),
           "request_user_input is unavailable in Default mode");
  CHECK_EQ(refused(in_plan_mode(a_call("request_user_input", "{}"))),
           "request_user_input was cancelled before receiving a response");
}

SCENARIO("unknown tools and wrong arguments are answered") {
  CHECK_EQ(refused(a_call("fly", "{}")), "unsupported call: fly");
  CHECK_EQ(refused(a_call("fly", "x", tool_payload::custom)), "unsupported custom tool call: fly");
  for (const auto* name : {"exec_command", "write_stdin", "shell", "container.exec",
                           "shell_command", "apply_patch", "update_plan"})
    CHECK(refused(a_call(name, "{")).starts_with("failed to parse function arguments: "));
  CHECK(refused(a_call("", "{", tool_payload::local_shell))
          .starts_with("failed to parse function arguments: "));
}

SCENARIO("a payload that the tool does not take is an error of the protocol") {
  for (const auto* name : {"exec_command", "write_stdin", "shell", "shell_command", "update_plan"})
    planned<misdirected_call>(a_call(name, "x", tool_payload::custom));
  CHECK(true);
}
