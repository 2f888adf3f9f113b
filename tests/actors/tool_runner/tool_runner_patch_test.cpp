#define CAF_SUITE tool_runner_patch
#include <caf/test/bdd_dsl.hpp>

#include "tests/actors/tool_runner/tool_runner_fixture.hpp"

#include <string>
#include <vector>

using namespace tool_runner_fixture;

namespace {

struct patch_fixture : fixture {
  tool_result patch(const std::string& hunks, std::string id = "p1") {
    return run(a_call("apply_patch", "*** Begin Patch\n" + hunks + "*** End Patch\n", std::move(id),
                      tool_payload::custom));
  }
};

const std::string success_head = R"({"output":"Success. Updated the following files:\n)";

} // namespace

BEGIN_FIXTURE_SCOPE(patch_fixture)

SCENARIO("a patch changes files and tells what it does") {
  write("a", "one\ntwo\n");
  const auto result = patch("*** Update File: a\n@@\n-two\n+2\n*** Add File: d/new\n+x\n");
  CHECK(result.success);
  CHECK(result.output.starts_with(success_head + R"(A d/new\nM a\n","metadata":{"exit_code":0,)"));
  CHECK_EQ(read("a"), "one\n2\n");
  CHECK_EQ(read("d/new"), "x\n");
  const file_changes changes{
    {path("a"), {change_kind::update, "@@ -1,2 +1,2 @@\n one\n-two\n+2\n", ""}},
    {path("d/new"), {change_kind::add, "x\n", ""}}};
  const auto all = events();
  REQUIRE_EQ(all.size(), 4u);
  const auto* begin = std::get_if<patch_apply_begin>(&all[0]);
  REQUIRE(begin);
  CHECK(begin->auto_approved);
  CHECK(begin->changes == changes);
  CHECK(std::holds_alternative<exec_output_delta>(all[1]));
  const auto* end = std::get_if<patch_apply_end>(&all[2]);
  REQUIRE(end);
  CHECK(end->success);
  CHECK(end->changes == changes);
  CHECK_EQ(end->standard_output, "Success. Updated the following files:\nA d/new\nM a\n");
  const auto* diff = std::get_if<turn_diff>(&all[3]);
  REQUIRE(diff);
  CHECK(diff->unified_diff.starts_with("diff --git a/a b/a\nindex "));
  CHECK(diff->unified_diff.find("+++ b/d/new\n@@ -0,0 +1 @@\n+x\n") != std::string::npos);
}

SCENARIO("the diff of a turn compares with what was before its first patch") {
  write("a", "1\n");
  patch("*** Update File: a\n@@\n-1\n+2\n", "p1");
  patch("*** Update File: a\n@@\n-2\n+3\n", "p2");
  const auto diffs = events_of_type<turn_diff>();
  REQUIRE_EQ(diffs.size(), 2u);
  CHECK(diffs[1].unified_diff.ends_with("@@ -1 +1 @@\n-1\n+3\n"));
  auto next_turn =
    a_call("apply_patch", "*** Begin Patch\n*** Update File: a\n@@\n-3\n+4\n*** End Patch", "p3",
           tool_payload::custom);
  next_turn.turn = "t2";
  run(next_turn);
  CHECK(events_of_type<turn_diff>().at(2).unified_diff.ends_with("@@ -1 +1 @@\n-3\n+4\n"));
}

SCENARIO("a patch that cannot be verified changes nothing and has no events") {
  write("a", "one\n");
  const auto result = patch("*** Add File: b\n+x\n*** Update File: a\n@@\n-two\n");
  CHECK(!result.success);
  CHECK_EQ(result.output, "apply_patch verification failed: Failed to find expected lines in " +
                            path("a") + ":\ntwo");
  CHECK_EQ(read("b"), "(missing)");
  CHECK_EQ(patch("nonsense\n").output.substr(0, 57),
           "apply_patch verification failed: invalid hunk at line 2, ");
  CHECK_EQ(patch("").output, "patch rejected: empty patch");
  CHECK(events().empty());
}

SCENARIO("a patch through a shell is applied with a warning and without command events") {
  const auto result =
    run("exec_command", R"({"cmd":"apply_patch <<'EOF'\n*** Begin Patch\n*** Add File: a\n+x\n)"
                        R"(*** End Patch\nEOF"})");
  CHECK(result.success);
  CHECK(result.output.starts_with(success_head));
  const std::vector<std::string> notes{"Warning: apply_patch was requested via exec_command. Use "
                                       "the apply_patch tool instead of exec_command."};
  CHECK_EQ(result.notes, notes);
  CHECK_EQ(read("a"), "x\n");
  CHECK(events_of_type<exec_command_begin>().empty());
  CHECK_EQ(events_of_type<patch_apply_end>().size(), 1u);
}

SCENARIO("a patch larger than an argument may be is applied too") {
  std::string lines;
  for (int i = 0; i < 20'000; ++i)
    lines += "+line " + std::to_string(i) + "\n";
  CHECK(patch("*** Add File: big\n" + lines).success);
  CHECK_EQ(read("big").size(), lines.size() - 20'000);
}

SCENARIO("where nobody may be asked, writing outside of the project is refused") {
  context.sandbox_policy.mode = sandbox_mode::workspace_write;
  const auto outside = patch("*** Add File: ../outside\n+x\n");
  CHECK_EQ(outside.output, "patch rejected: writing outside of the project; rejected by user "
                           "approval settings");
  CHECK(events().empty());
  context.approval_policy = approval_policy::on_request;
  CHECK_EQ(patch("*** Add File: ../outside\n+x\n").output, "patch rejected by user");
  CHECK_EQ(events_of_type<patch_apply_begin>().at(0).auto_approved, false);
  CHECK_EQ(events_of_type<patch_apply_end>().at(0).success, false);
  CHECK(!std::filesystem::exists(root + "/outside"));
}

SCENARIO("patches of one thread are applied one after the other") {
  write("a", "0\n");
  auto first =
    send(a_call("apply_patch", "*** Begin Patch\n*** Update File: a\n@@\n-0\n+1\n*** End Patch",
                "p1", tool_payload::custom));
  auto second =
    send(a_call("apply_patch", "*** Begin Patch\n*** Update File: a\n@@\n-1\n+2\n*** End Patch",
                "p2", tool_payload::custom));
  second.receive([](tool_result& x) { CHECK(x.success); },
                 [](const caf::error& x) { CAF_FAIL(x); });
  first.receive([](tool_result& x) { CHECK(x.success); }, [](const caf::error& x) { CAF_FAIL(x); });
  CHECK_EQ(read("a"), "2\n");
}

SCENARIO("a program that cannot be started is an error of the call") {
  auto deps = default_dependencies();
  deps.own_program = "/no/such/program";
  start(std::move(deps));
  const auto result = patch("*** Add File: a\n+x\n");
  CHECK(result.output.starts_with("execution error: "));
  CHECK(!result.success);
  CHECK_EQ(events_of_type<patch_apply_end>().at(0).success, false);
}

END_FIXTURE_SCOPE()
