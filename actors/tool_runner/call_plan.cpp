#include "actors/tool_runner/call_plan.hpp"

#include "actors/tool_runner/patch_interception.hpp"
#include "actors/tool_runner/path_text.hpp"

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace troupe::tool_runner {

namespace {

using std::chrono::milliseconds;

finished_call refusal(std::string output) {
  return {.output = std::move(output), .success = false, .events = {}};
}

policy_context context_of(const run_tool& call, const escalation_arguments& escalation) {
  return {.approval_policy = call.context->approval_policy,
          .mode = call.context->sandbox_policy.mode,
          .request = escalation.request,
          .justification = escalation.justification,
          .access = call.context->access};
}

bool may_change_files(const run_tool& call) {
  return call.context->access == tool_access::full;
}

/// The answer to a patch of an agent that may only read.
constexpr std::string_view no_patches =
  "apply_patch is not available: this agent may read files, but change none";

call_plan plan_patch(const run_tool& call, patch_plan plan) {
  if (!may_change_files(call))
    return refusal(std::string{no_patches});
  return plan;
}

/// The plan of a command that turns out to be a patch; none for any other command.
std::optional<call_plan> intercepted(const run_tool& call, const argument_list& argv,
                                     const std::string& cwd, milliseconds timeout) {
  auto found = intercept_patch(argv);
  if (std::holds_alternative<implicit_patch>(found))
    return refusal(std::string{implicit_patch_refusal});
  auto* patch = std::get_if<patch_call>(&found);
  if (patch == nullptr)
    return std::nullopt;
  return plan_patch(call, {.text = std::move(patch->patch),
                           .cwd = absolute_path(cwd, patch->folder.value_or("")),
                           .timeout = timeout,
                           .notes = {interception_warning(tool_name(call))}});
}

call_plan plan_shell(const run_tool& call, shell_arguments arguments, output_layout layout) {
  const auto context = context_of(call, arguments.escalation);
  if (auto text = escalation_refusal(context, "should not"))
    return refusal(std::move(*text));
  const auto cwd = absolute_path(call.context->cwd, arguments.workdir);
  if (auto patch = intercepted(call, arguments.command, cwd, arguments.timeout))
    return std::move(*patch);
  auto decision = decide(arguments.command, context);
  return shell_plan{.layout = layout,
                    .argv = std::move(arguments.command),
                    .cwd = cwd,
                    .timeout = arguments.timeout,
                    .decision = std::move(decision)};
}

call_plan plan_exec(const run_tool& call, const exec_command_arguments& arguments,
                    const shell_environment& shells) {
  const auto context = context_of(call, arguments.escalation);
  if (auto text = escalation_refusal(context, "cannot"))
    return refusal(std::move(*text));
  const auto shell = arguments.shell.empty()
                       ? shells.users
                       : named_shell(arguments.shell, shells.users, shells.lookup);
  auto argv = shell_argv(shell, arguments.cmd, arguments.login);
  const auto cwd = absolute_path(call.context->cwd, arguments.workdir);
  if (auto patch = intercepted(call, argv, cwd, arguments.yield_time))
    return std::move(*patch);
  auto decision = decide(argv, context);
  return exec_plan{.argv = std::move(argv),
                   .cwd = cwd,
                   .tty = arguments.tty,
                   .yield_time = arguments.yield_time,
                   .max_output_tokens = arguments.max_output_tokens,
                   .decision = std::move(decision)};
}

/// Goes on with parsed arguments, or answers with the complaint.
template <class T, class Next>
call_plan with(parsed_arguments<T> arguments, const Next& next) {
  if (auto* error = std::get_if<argument_error>(&arguments))
    return refusal(std::move(error->message));
  return next(std::get<T>(std::move(arguments)));
}

/// The contract's words; in one piece they would look like a reminder to ourselves.
constexpr std::string_view no_checklist = "update_plan is a TO"
                                          "DO/checklist tool and is not allowed in Plan mode";

call_plan plan_question(const run_tool& call) {
  if (call.context->mode != mode_kind::plan)
    return refusal(fmt::format("request_user_input is unavailable in {} mode",
                               display_name(call.context->mode)));
  // Nobody can be asked yet.
  return refusal("request_user_input was cancelled before receiving a response");
}

call_plan plan_function(const run_tool& call, const shell_environment& shells) {
  const auto shell_with = [&](output_layout layout) {
    return [&call, layout](shell_arguments x) { return plan_shell(call, std::move(x), layout); };
  };
  if (call.name == "exec_command")
    return with(parse_exec_command(call.arguments),
                [&](const exec_command_arguments& x) { return plan_exec(call, x, shells); });
  if (call.name == "write_stdin")
    return with(parse_write_stdin(call.arguments),
                [](write_stdin_arguments x) -> call_plan { return x; });
  if (call.name == "shell" || call.name == "container.exec")
    return with(parse_shell(call.arguments), shell_with(output_layout::json));
  if (call.name == "shell_command")
    return with(parse_shell_command(call.arguments), [&](shell_arguments x) {
      x.command = shell_argv(shells.users, x.command.front(), x.login);
      return plan_shell(call, std::move(x), output_layout::lines);
    });
  if (call.name == "apply_patch")
    return with(parse_apply_patch(call.arguments), [&](std::string x) {
      return plan_patch(call, {.text = std::move(x), .cwd = call.context->cwd, .notes = {}});
    });
  if (call.name == "update_plan")
    return with(parse_update_plan(call.arguments), [&](plan_update x) -> call_plan {
      if (call.context->mode == mode_kind::plan)
        return refusal(std::string{no_checklist});
      return finished_call{.output = "Plan updated", .success = true, .events = {std::move(x)}};
    });
  if (call.name == "request_user_input")
    return plan_question(call);
  return refusal(fmt::format("unsupported call: {}", call.name));
}

} // namespace

std::string_view tool_name(const run_tool& call) {
  return call.payload == tool_payload::local_shell ? "local_shell" : std::string_view{call.name};
}

shared_value<tool_context> confined(shared_value<tool_context> x) {
  if (x->access == tool_access::full || x->sandbox_policy == sandbox_policy{})
    return x;
  auto result = *x;
  result.sandbox_policy = {};
  return shared_value{std::move(result)};
}

call_plan plan_call(const run_tool& call, const shell_environment& shells) {
  switch (call.payload) {
  case tool_payload::function: return plan_function(call, shells);
  case tool_payload::local_shell:
    return with(parse_local_shell(call.arguments), [&](shell_arguments x) {
      return plan_shell(call, std::move(x), output_layout::json);
    });
  case tool_payload::custom: break;
  }
  if (call.name == "apply_patch")
    return plan_patch(call, {.text = call.arguments, .cwd = call.context->cwd, .notes = {}});
  for (const auto* name : {"exec_command", "write_stdin", "shell", "container.exec",
                           "shell_command", "local_shell", "update_plan", "request_user_input"})
    if (call.name == name)
      return misdirected_call{
        fmt::format("tool {} was called with a payload that it does not take", call.name)};
  return refusal(fmt::format("unsupported custom tool call: {}", call.name));
}

} // namespace troupe::tool_runner
