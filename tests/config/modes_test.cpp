#define CAF_SUITE modes

#include "config/modes.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

using namespace troupe;
using namespace troupe::config;

namespace {

using kind = setting_change_kind;

bool says(const std::string& text, std::initializer_list<std::string_view> words) {
  for (const auto word : words)
    if (text.find(word) == std::string::npos) {
      CAF_MESSAGE("not said: " << std::string{word});
      return false;
    }
  return true;
}

std::string joined(std::vector<std::string_view> names) {
  return joined_names(names);
}

} // namespace

SCENARIO("the modes are Plan and Default, named as they are shown") {
  const auto& modes = builtin_modes();
  REQUIRE_EQ(modes.size(), 2U);
  CHECK_EQ(modes[0].name, "Plan");
  CHECK(modes[0].mode == mode_kind::plan);
  CHECK_EQ(modes[1].name, "Default");
  CHECK(modes[1].mode == mode_kind::default_mode);
  for (const auto& x : modes) {
    CHECK_EQ(x.name, display_name(*x.mode));
    CHECK(!x.settings.model);
    CHECK_EQ(x.settings.developer_instructions.value, mode_instructions(*x.mode));
  }
}

SCENARIO("Plan asks for medium effort, Default keeps the effort") {
  CHECK(builtin_modes()[0].settings.reasoning_effort ==
        setting_change<reasoning_effort>::to(reasoning_effort::medium));
  CHECK(builtin_modes()[1].settings.reasoning_effort.kind == kind::keep);
}

SCENARIO("the default text has no placeholder left and names the modes") {
  const auto& text = mode_instructions(mode_kind::default_mode);
  CHECK_EQ(text.find("{{"), std::string::npos);
  CHECK_EQ(text.find("}}"), std::string::npos);
  CHECK(says(text, {"Default mode is active", "no longer hold", "Default and Plan",
                    "<collaboration_mode>", "`request_user_input` is not available",
                    "returns an error", "rather than asking"}));
}

SCENARIO("the plan text demands what a plan needs") {
  CHECK(says(mode_instructions(mode_kind::plan),
             {"until a developer message ends it", "`update_plan`", "dry runs", "migrations",
              "Phase 1", "Phase 2", "Phase 3", "`request_user_input`", "two to four options",
              "recommend", "\n<proposed_plan>\n", "\n</proposed_plan>\n", "one block",
              "never translated", "Do not end with a question"}));
}

SCENARIO("only Plan may ask the user with the tool") {
  CHECK(may_request_user_input(mode_kind::plan));
  CHECK(!may_request_user_input(mode_kind::default_mode));
}

SCENARIO("names are joined as people do") {
  CHECK_EQ(joined({}), "none");
  CHECK_EQ(joined({"A"}), "A");
  CHECK_EQ(joined({"A", "B"}), "A and B");
  CHECK_EQ(joined({"A", "B", "C"}), "A, B, and C");
}

SCENARIO("the identities are those of the contract, in its order") {
  std::string rows;
  for (const auto& x : builtin_identities()) {
    const auto& effort = x.settings.reasoning_effort;
    rows += x.name + " " +
            std::string{effort.kind == kind::set ? to_text(effort.value) : to_text(effort.kind)} +
            " " + std::string{to_text(x.settings.developer_instructions.kind)} +
            (x.capabilities.write_tools ? " writes\n" : "\n");
    CHECK(x.kind.has_value());
    CHECK_EQ(x.name, to_text(*x.kind));
    CHECK(identity_mask_of(*x.kind) == x);
    CHECK(!x.settings.model);
  }
  CHECK_EQ(rows, "nobody keep clear\n"
                 "planner medium set writes\n"
                 "programmer keep set writes\n"
                 "explorer low set\n"
                 "reviewer medium set\n");
}

SCENARIO("each identity is told its work") {
  const auto text = [](identity_kind x) {
    return identity_mask_of(x).settings.developer_instructions.value;
  };
  CHECK(says(text(identity_kind::planner), {"planner", "plan", "do not implement"}));
  CHECK(says(text(identity_kind::programmer), {"programmer", "Implement", "verify"}));
  CHECK(says(text(identity_kind::explorer), {"explorer", "report", "change nothing"}));
  CHECK(says(text(identity_kind::reviewer), {"reviewer", "place", "change nothing"}));
}
