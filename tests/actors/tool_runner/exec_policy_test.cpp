#define CAF_SUITE exec_policy
#include <caf/test/bdd_dsl.hpp>

#include "actors/tool_runner/exec_policy.hpp"

#include <string>
#include <vector>

using namespace troupe;
using namespace troupe::tool_runner;

namespace {

constexpr sandbox_mode modes[] = {sandbox_mode::read_only, sandbox_mode::workspace_write,
                                  sandbox_mode::danger_full_access, sandbox_mode::external_sandbox};

constexpr approval_policy policies[] = {approval_policy::untrusted, approval_policy::on_failure,
                                        approval_policy::on_request, approval_policy::never};

policy_context a_context(approval_policy policy, sandbox_mode mode,
                         sandbox_request request = sandbox_request::use_default) {
  return {.approval_policy = policy, .mode = mode, .request = request, .justification = {}};
}

const argument_list unknown{"bash", "-lc", "make all"};
const argument_list safe{"bash", "-lc", "ls && git status"};
const argument_list dangerous{"bash", "-lc", "ls && rm -rf x"};

} // namespace

SCENARIO("an unknown command is decided by policy and mode") {
  for (const auto mode : modes) {
    const auto first = restricts_writing(mode) ? attempt::sandboxed : attempt::unsandboxed;
    for (const auto policy : policies) {
      const auto decision = decide(unknown, a_context(policy, mode));
      CHECK(decision.result ==
            (policy == approval_policy::untrusted ? verdict::prompt : verdict::allow));
      CHECK(decision.first == first);
      CHECK_EQ(decision.reason, "");
    }
  }
}

SCENARIO("escalation under on-request asks and leaves the sandbox") {
  for (const auto mode : modes) {
    auto context = a_context(approval_policy::on_request, mode, sandbox_request::require_escalated);
    context.justification = "needs the network";
    const auto decision = decide(unknown, context);
    CHECK(decision.first == attempt::unsandboxed);
    CHECK(decision.result == (restricts_writing(mode) ? verdict::prompt : verdict::allow));
    CHECK_EQ(decision.reason, restricts_writing(mode) ? "needs the network" : "");
  }
}

SCENARIO("safe commands never ask") {
  for (const auto mode : modes)
    for (const auto policy : policies)
      CHECK(decide(safe, a_context(policy, mode)).result == verdict::allow);
  const auto escalated =
    decide(safe, a_context(approval_policy::on_request, sandbox_mode::read_only,
                           sandbox_request::require_escalated));
  CHECK(escalated.result == verdict::allow);
  CHECK(escalated.first == attempt::unsandboxed);
}

SCENARIO("dangerous commands always ask, and are refused when nobody can be asked") {
  for (const auto mode : modes)
    for (const auto policy : policies) {
      const auto decision = decide(dangerous, a_context(policy, mode));
      const auto refused = policy == approval_policy::never;
      CHECK(decision.result == (refused ? verdict::forbidden : verdict::prompt));
      CHECK_EQ(decision.reason,
               refused ? "`bash -lc 'ls && rm -rf x'` rejected: blocked by policy" : "");
    }
}

SCENARIO("the first command that asks is proposed for the future") {
  const argument_list argv{"bash", "-lc", "ls && make all && touch x"};
  const argument_list make{"make", "all"};
  const argument_list ls{"ls"};
  CHECK_EQ(
    decide(argv, a_context(approval_policy::untrusted, sandbox_mode::read_only)).proposed_prefix,
    make);
  CHECK_EQ(decide(argv, a_context(approval_policy::never, sandbox_mode::read_only)).proposed_prefix,
           ls);
}

SCENARIO("a script that cannot be split is judged as a whole") {
  const argument_list redirected{"bash", "-lc", "ls > x"};
  const auto decision =
    decide(redirected, a_context(approval_policy::untrusted, sandbox_mode::workspace_write));
  CHECK(decision.result == verdict::prompt);
  CHECK_EQ(decision.proposed_prefix, redirected);
}

SCENARIO("escalation is refused under every policy but on-request") {
  const auto text = [](approval_policy policy) {
    return escalation_refusal(
      a_context(policy, sandbox_mode::read_only, sandbox_request::require_escalated), "should not");
  };
  CHECK_EQ(text(approval_policy::never),
           "approval policy is Never; reject command — you should not ask for escalated "
           "permissions if the approval policy is Never");
  CHECK(text(approval_policy::on_failure)->starts_with("approval policy is OnFailure;"));
  CHECK(text(approval_policy::untrusted)->starts_with("approval policy is UnlessTrusted;"));
  CHECK_EQ(text(approval_policy::on_request), std::nullopt);
  for (const auto policy : policies)
    CHECK_EQ(escalation_refusal(a_context(policy, sandbox_mode::read_only), "cannot"),
             std::nullopt);
}

SCENARIO("a denied command is tried again only where the policy says so") {
  CHECK(may_retry_unsandboxed(approval_policy::untrusted));
  CHECK(may_retry_unsandboxed(approval_policy::on_failure));
  CHECK(!may_retry_unsandboxed(approval_policy::on_request));
  CHECK(!may_retry_unsandboxed(approval_policy::never));
}
