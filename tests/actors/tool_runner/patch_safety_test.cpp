#define CAF_SUITE patch_safety
#include <caf/test/bdd_dsl.hpp>

#include "actors/tool_runner/patch_safety.hpp"

using namespace troupe;
using namespace troupe::tool_runner;

namespace {

const sandbox_plan workspace{
  {{"/w", "/w"}},
  {{"/w", mount_kind::writable, ""}, {"/w/.git", mount_kind::read_only, ""}},
  network_access::none};

file_changes adding(const std::string& path) {
  return {{path, {change_kind::add, "", ""}}};
}

patch_decision judged(const file_changes& changes, approval_policy policy,
                      sandbox_mode mode = sandbox_mode::workspace_write) {
  return judge_patch(changes, policy, mode,
                     mode == sandbox_mode::workspace_write ? workspace : sandbox_plan{});
}

const patch_decision sandboxed{verdict::allow, "", attempt::sandboxed};
const patch_decision free_of_sandbox{verdict::allow, "", attempt::unsandboxed};
const patch_decision refused{verdict::forbidden,
                             "patch rejected: writing outside of the project; rejected by user "
                             "approval settings",
                             attempt::sandboxed};

} // namespace

SCENARIO("an empty patch is rejected under every policy") {
  for (const auto policy : {approval_policy::untrusted, approval_policy::never})
    CHECK_EQ(judged({}, policy).refusal, "patch rejected: empty patch");
}

SCENARIO("patches inside the project are applied in the sandbox without a question") {
  for (const auto policy :
       {approval_policy::on_failure, approval_policy::on_request, approval_policy::never})
    CHECK(judged(adding("/w/a"), policy) == sandboxed);
}

SCENARIO("untrusted asks for every patch") {
  CHECK(judged(adding("/w/a"), approval_policy::untrusted).result == verdict::prompt);
}

SCENARIO("patches outside of the project ask, try or are refused") {
  const file_changes moving{{"/w/a", {change_kind::update, "", "/x/a"}}};
  for (const auto& changes : {adding("/x"), adding("/w/.git/config"), moving}) {
    CHECK(judged(changes, approval_policy::on_request).result == verdict::prompt);
    CHECK(judged(changes, approval_policy::on_failure) == sandboxed);
    CHECK(judged(changes, approval_policy::never) == refused);
  }
  CHECK(judged(adding("/w/a"), approval_policy::never, sandbox_mode::read_only) == refused);
}

SCENARIO("where nothing is restricted patches are applied without a sandbox") {
  for (const auto mode : {sandbox_mode::danger_full_access, sandbox_mode::external_sandbox})
    CHECK(judged(adding("/etc/x"), approval_policy::never, mode) == free_of_sandbox);
}
