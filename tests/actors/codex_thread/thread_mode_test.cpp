#define CAF_SUITE thread_mode
#include <caf/test/bdd_dsl.hpp>

#include "actors/codex_thread/thread_mode.hpp"

using namespace troupe;
using namespace troupe::codex_thread;

namespace {

thread_config a_thread() {
  thread_config x;
  x.model = "m";
  x.effort = reasoning_effort::high;
  x.sandbox_policy.mode = sandbox_mode::workspace_write;
  return x;
}

identity_mask explorer() {
  return {
    .name = "explorer",
    .kind = identity_kind::explorer,
    .settings = {.model = {},
                 .reasoning_effort = setting_change<reasoning_effort>::to(reasoning_effort::low),
                 .developer_instructions = setting_change<std::string>::to("Look only.")},
    .capabilities = {.write_tools = false}};
}

identity_mask programmer() {
  auto x = explorer();
  x.name = "programmer";
  x.kind = identity_kind::programmer;
  x.settings.reasoning_effort = {};
  x.settings.developer_instructions = setting_change<std::string>::to("Build it.");
  x.capabilities.write_tools = true;
  return x;
}

/// What a rollout says of that thread.
std::string turn_context(const thread_config& x) {
  auto text = R"({"model":"m","collaboration_mode":)" + mode_json(x);
  if (const auto identity = identity_json(x); !identity.empty())
    text += R"(,"identity":)" + identity;
  return text + "}";
}

} // namespace

SCENARIO("a mode replaces everything it speaks of, and keeps the model when it names none") {
  auto x = a_thread();
  set_mode(x, {.mode = mode_kind::plan,
               .settings = {.model = "planner-model",
                            .reasoning_effort = reasoning_effort::medium,
                            .developer_instructions = "Plan."}});
  CHECK(x.mode == mode_kind::plan);
  CHECK_EQ(x.model, "planner-model");
  CHECK(x.effort == reasoning_effort::medium);
  CHECK_EQ(x.mode_instructions.str(), "Plan.");
  set_mode(x, {});
  CHECK(x.mode == mode_kind::default_mode);
  CHECK_EQ(x.model, "planner-model");
  CHECK(!x.effort);
  CHECK(x.mode_instructions.empty());
}

SCENARIO("an identity changes what its mask sets, and what the thread may do") {
  auto x = a_thread();
  set_identity(x, explorer());
  CHECK(x.identity == identity_kind::explorer);
  CHECK(x.access == tool_access::read_only);
  CHECK(x.effort == reasoning_effort::low);
  CHECK_EQ(x.model, "m");
  CHECK_EQ(x.mode_instructions.str(), "Look only.");
  set_identity(x, programmer());
  CHECK(x.access == tool_access::full);
  CHECK(x.effort == reasoning_effort::low);
  CHECK_EQ(x.mode_instructions.str(), "Build it.");
}

SCENARIO("a mask can clear, and one without a kind keeps who the thread is") {
  auto x = a_thread();
  set_identity(x, explorer());
  auto nobody = explorer();
  nobody.kind.reset();
  nobody.settings.reasoning_effort = setting_change<reasoning_effort>::cleared();
  nobody.settings.developer_instructions = setting_change<std::string>::cleared();
  set_identity(x, nobody);
  CHECK(x.identity == identity_kind::explorer);
  CHECK(!x.effort);
  CHECK(x.mode_instructions.empty());
}

SCENARIO("who may only read has a read-only sandbox until somebody else takes over") {
  auto x = a_thread();
  CHECK(effective_sandbox(x) == x.sandbox_policy);
  set_identity(x, explorer());
  CHECK(effective_sandbox(x) == sandbox_policy{});
  x.sandbox_policy.mode = sandbox_mode::danger_full_access;
  CHECK(effective_sandbox(x) == sandbox_policy{});
  set_mode(x, {.mode = mode_kind::plan, .settings = {}});
  CHECK(effective_sandbox(x) == sandbox_policy{});
  set_identity(x, programmer());
  CHECK(effective_sandbox(x).mode == sandbox_mode::danger_full_access);
}

SCENARIO("leaving a mode drops its instructions, but not those of an identity") {
  auto x = a_thread();
  set_mode(x,
           {.mode = mode_kind::plan,
            .settings = {.model = {}, .reasoning_effort = {}, .developer_instructions = "Plan."}});
  leave_mode(x);
  CHECK(x.mode == mode_kind::default_mode);
  CHECK(x.mode_instructions.empty());
  set_identity(x, explorer());
  leave_mode(x);
  CHECK_EQ(x.mode_instructions.str(), "Look only.");
  CHECK(x.access == tool_access::read_only);
}

SCENARIO("the recorded mode has the contract's form") {
  auto x = a_thread();
  CHECK_EQ(mode_json(x), R"({"mode":"default","settings":{"model":"m","reasoning_effort":"high",)"
                         R"("developer_instructions":null}})");
  CHECK_EQ(identity_json(x), "");
  x.effort.reset();
  set_identity(x, explorer());
  CHECK_EQ(mode_json(x), R"({"mode":"default","settings":{"model":"m","reasoning_effort":"low",)"
                         R"("developer_instructions":"Look only."}})");
  CHECK_EQ(identity_json(x), R"({"kind":"explorer","write_tools":false})");
}

SCENARIO("a resumed thread is who it was") {
  auto recorded = a_thread();
  recorded.mode = mode_kind::plan;
  set_identity(recorded, explorer());
  auto x = a_thread();
  x.model = "other";
  x.effort.reset();
  restore_mode(x, turn_context(recorded));
  CHECK(x.mode == mode_kind::plan);
  CHECK(x.identity == identity_kind::explorer);
  CHECK(x.access == tool_access::read_only);
  CHECK(x.effort == reasoning_effort::low);
  CHECK_EQ(x.mode_instructions.str(), "Look only.");
  CHECK_EQ(x.model, "other");
}

SCENARIO("an effort that is asked for wins over the recorded one") {
  auto recorded = a_thread();
  set_identity(recorded, explorer());
  auto x = a_thread();
  restore_mode(x, turn_context(recorded));
  CHECK(x.effort == reasoning_effort::high);
}

SCENARIO("an identity that is asked for wins over the recorded one") {
  auto recorded = a_thread();
  set_identity(recorded, explorer());
  auto x = a_thread();
  set_identity(x, programmer());
  restore_mode(x, turn_context(recorded));
  CHECK(x.identity == identity_kind::programmer);
  CHECK(x.access == tool_access::full);
  CHECK_EQ(x.mode_instructions.str(), "Build it.");
}

SCENARIO("turn contexts of others and damaged ones restore what they say, and never more rights") {
  for (const auto* text : {"", "x", "[]", "{}", R"({"collaboration_mode":7,"identity":[]})",
                           R"({"collaboration_mode":{"mode":"plan "},"identity":null})"}) {
    auto x = a_thread();
    restore_mode(x, text);
    CHECK(x == a_thread());
  }
  auto x = a_thread();
  restore_mode(x, R"({"collaboration_mode":{"mode":"pair_programming","settings":{}}})");
  CHECK(x == a_thread());
  restore_mode(x, R"({"identity":{"kind":"wizard"}})");
  CHECK(!x.identity);
  CHECK(x.access == tool_access::read_only);
}
