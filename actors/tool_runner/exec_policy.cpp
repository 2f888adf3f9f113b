#include "actors/tool_runner/exec_policy.hpp"

#include "actors/tool_runner/command_safety.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace troupe::tool_runner {

namespace {

/// Steps 1 to 4 for a command that no rule matches.
verdict judge(const simple_command& command, const policy_context& context) {
  using enum troupe::approval_policy;
  if (is_known_safe(command))
    return verdict::allow;
  if (is_dangerous(command))
    return context.approval_policy == never ? verdict::forbidden : verdict::prompt;
  switch (context.approval_policy) {
  case never:
  case on_failure: return verdict::allow;
  case untrusted: return verdict::prompt;
  case on_request:
    return restricts_writing(context.mode) && context.request == sandbox_request::require_escalated
             ? verdict::prompt
             : verdict::allow;
  }
  return verdict::prompt;
}

/// The name that the refusal of an escalation shows.
std::string_view shown_name(troupe::approval_policy policy) {
  switch (policy) {
  case approval_policy::untrusted: return "UnlessTrusted";
  case approval_policy::on_failure: return "OnFailure";
  case approval_policy::on_request: return "OnRequest";
  case approval_policy::never: return "Never";
  }
  return "";
}

} // namespace

exec_decision decide(const argument_list& argv, const policy_context& context) {
  exec_decision result;
  const auto commands = judged_commands(argv);
  for (const auto& command : commands) {
    const auto next = judge(command, context);
    if (next == verdict::prompt && result.proposed_prefix.empty())
      result.proposed_prefix = command.words;
    result.result = std::max(result.result, next);
  }
  if (result.proposed_prefix.empty())
    result.proposed_prefix = commands.front().words;
  if (result.result == verdict::forbidden)
    result.reason = fmt::format("`{}` rejected: blocked by policy", shell_joined(argv));
  if (result.result == verdict::prompt)
    result.reason = context.justification;
  const auto escalated = context.request == sandbox_request::require_escalated;
  if (escalated || !restricts_writing(context.mode))
    result.first = attempt::unsandboxed;
  return result;
}

std::optional<std::string> escalation_refusal(const policy_context& context,
                                              std::string_view must_not) {
  if (context.request == sandbox_request::use_default)
    return std::nullopt;
  if (context.access == tool_access::read_only)
    return fmt::format("this agent may only read; reject command — you {} ask for escalated "
                       "permissions",
                       must_not);
  if (context.approval_policy == approval_policy::on_request)
    return std::nullopt;
  const auto name = shown_name(context.approval_policy);
  return fmt::format("approval policy is {0}; reject command — you {1} ask for escalated "
                     "permissions if the approval policy is {0}",
                     name, must_not);
}

bool may_retry_unsandboxed(troupe::approval_policy policy) {
  return policy == approval_policy::untrusted || policy == approval_policy::on_failure;
}

bool restricts_writing(sandbox_mode mode) {
  return mode == sandbox_mode::read_only || mode == sandbox_mode::workspace_write;
}

} // namespace troupe::tool_runner
