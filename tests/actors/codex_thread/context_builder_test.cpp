#define CAF_SUITE context_builder
#include <caf/test/bdd_dsl.hpp>

#include "actors/codex_thread/context_builder.hpp"
#include "messages/json/item_json.hpp"

using namespace troupe;
using namespace troupe::codex_thread;

namespace {

context_facts facts_of(const sandbox_policy& policy) {
  return {.cwd = "/repo",
          .shell = "bash",
          .tmpdir = "/scratch",
          .sandbox = &policy,
          .approval = approval_policy::never,
          .user_instructions = {},
          .developer_instructions = {}};
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

} // namespace

SCENARIO("the permissions text names mode, network and writable roots") {
  GIVEN("each sandbox mode") {
    const sandbox_policy read_only;
    CHECK(has(permissions_text(facts_of(read_only)), "`read-only`"));
    CHECK(has(permissions_text(facts_of(read_only)), "Network access is restricted."));
    CHECK(!has(permissions_text(facts_of(read_only)), "writable root"));
    const sandbox_policy full{.mode = sandbox_mode::danger_full_access};
    CHECK(has(permissions_text(facts_of(full)), "Network access is enabled."));
    const sandbox_policy workspace{.mode = sandbox_mode::workspace_write,
                                   .writable_roots = {"/extra"}};
    CHECK(has(permissions_text(facts_of(workspace)),
              " The writable roots are `/extra`, `/repo`, `/tmp`, `/scratch`."));
    const sandbox_policy narrow{.mode = sandbox_mode::workspace_write,
                                .writable_roots = {},
                                .network_access = true,
                                .exclude_tmpdir_env_var = true,
                                .exclude_slash_tmp = true};
    CHECK(has(permissions_text(facts_of(narrow)), " The writable root is `/repo`."));
    CHECK(has(permissions_text(facts_of(narrow)), "Network access is enabled."));
  }
}

SCENARIO("the environment text has the contracted layout") {
  CHECK_EQ(
    environment_text("/abs/dir", "bash"),
    "<environment_context>\n  <cwd>/abs/dir</cwd>\n  <shell>bash</shell>\n</environment_context>");
  CHECK_EQ(environment_text("", "zsh"),
           "<environment_context>\n  <shell>zsh</shell>\n</environment_context>");
}

SCENARIO("the initial context keeps its order and leaves out what is not set") {
  GIVEN("all parts") {
    const sandbox_policy policy;
    auto facts = facts_of(policy);
    CHECK_EQ(initial_context(facts).size(), 2u);
    facts.developer_instructions = shared_text{"be kind"};
    facts.user_instructions = shared_text{"use tabs"};
    const auto items = initial_context(facts);
    REQUIRE_EQ(items.size(), 4u);
    CHECK_EQ(items[0].role, "developer");
    CHECK_EQ(message_text(items[1], "input_text"), "be kind");
    CHECK_EQ(message_text(items[2], "input_text"),
             "# AGENTS.md instructions for /repo\n\n<INSTRUCTIONS>\nuse tabs\n</INSTRUCTIONS>");
    CHECK_EQ(items[3].role, "user");
    facts.mode_instructions = shared_text{"plan"};
    facts.personality_spec = "smile";
    const auto all = initial_context(facts);
    REQUIRE_EQ(all.size(), 6u);
    CHECK_EQ(message_text(all[2], "input_text"), "<collaboration_mode>plan</collaboration_mode>");
    CHECK(message_text(all[3], "input_text").starts_with("<personality_spec> The user"));
    CHECK(message_text(all[3], "input_text").ends_with(": \nsmile </personality_spec>"));
    facts.has_personality_in_instructions = true;
    CHECK_EQ(initial_context(facts).size(), 5u);
    for (const auto& item : items)
      CHECK(!is_user_message(item) || item.role == "developer");
  }
}

SCENARIO("each change between turns adds its item, in the contract's order") {
  const sandbox_policy policy;
  const sandbox_policy wider{.mode = sandbox_mode::workspace_write};
  auto before = facts_of(policy);
  before.model = "m";
  before.personality = personality::pragmatic;
  CHECK(settings_update(before, before).empty());
  auto now = before;
  now.cwd = "/other";
  now.sandbox = &wider;
  now.mode = mode_kind::plan;
  now.mode_instructions = shared_text{"plan"};
  now.personality = personality::friendly;
  now.personality_spec = "smile";
  const auto items = settings_update(before, now);
  REQUIRE_EQ(items.size(), 4u);
  CHECK_EQ(items[0].role, "user");
  CHECK(has(message_text(items[1], "input_text"), "<permissions instructions>"));
  CHECK(has(message_text(items[2], "input_text"), "<collaboration_mode>plan"));
  CHECK(has(message_text(items[3], "input_text"), "smile"));
  now.model = "other";
  now.model_instructions = "Be it.";
  const auto switched = settings_update(before, now);
  REQUIRE_EQ(switched.size(), 4u);
  CHECK(has(message_text(switched[3], "input_text"), "\n\nBe it.\n</model_switch>"));
  now.model_instructions = {};
  CHECK_EQ(settings_update(before, now).size(), 3u);
}

SCENARIO("a mode without instructions is not told") {
  const sandbox_policy policy;
  auto before = facts_of(policy);
  before.mode = mode_kind::plan;
  before.mode_instructions = shared_text{"plan"};
  CHECK(settings_update(before, facts_of(policy)).empty());
}

SCENARIO("a model says what it has to say of a personality") {
  model_info model;
  CHECK_EQ(personality_spec_of(model, personality::friendly), "");
  model.model_messages = model_messages{.instructions_template = {},
                                        .personality_default = "d",
                                        .personality_friendly = "f",
                                        .personality_pragmatic = {}};
  CHECK_EQ(personality_spec_of(model, personality::friendly), "f");
  CHECK_EQ(personality_spec_of(model, personality::pragmatic), "");
  CHECK_EQ(personality_spec_of(model, personality::none), "");
  CHECK_EQ(personality_spec_of(model, std::nullopt), "");
}
