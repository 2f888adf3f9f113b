#define CAF_SUITE mode_masks
#include <caf/test/bdd_dsl.hpp>

#include "messages/collaboration_mode.hpp"
#include "messages/identity.hpp"
#include "messages/json/document.hpp"
#include "messages/json/mode_json.hpp"

#include <string>
#include <string_view>

using namespace troupe;

namespace {

using effort_change = setting_change<reasoning_effort>;
using text_change = setting_change<std::string>;

const mode_settings before{"m", reasoning_effort::high, "be kind"};

std::string printed(const collaboration_mode& x) {
  std::string text;
  json_writer out{text};
  append_collaboration_mode(out, x);
  return text;
}

std::string printed(const collaboration_mask& x) {
  std::string text;
  json_writer out{text};
  append_collaboration_mask(out, x);
  return text;
}

std::optional<collaboration_mode> read_mode(std::string_view json) {
  const json_document document{json};
  return parse_collaboration_mode(*document.root());
}

std::optional<collaboration_mask> read_mask(std::string_view json) {
  const json_document document{json};
  return parse_collaboration_mask(*document.root());
}

} // namespace

SCENARIO("an empty mask keeps everything") {
  const collaboration_mode x{mode_kind::plan, before};
  CHECK(applied(collaboration_mask{.name = "other"}, x) == x);
  const identity who{identity_kind::reviewer, before};
  CHECK(applied(identity_mask{.name = "other", .capabilities = {true}}, who) == who);
}

SCENARIO("a mask with explicit nulls clears effort and instructions") {
  collaboration_mask mask;
  mask.settings.reasoning_effort = effort_change::cleared();
  mask.settings.developer_instructions = text_change::cleared();
  const auto after = applied(mask, {mode_kind::plan, before});
  CHECK(after.mode == mode_kind::plan);
  CHECK(after.settings == (mode_settings{"m", std::nullopt, std::nullopt}));
}

SCENARIO("a mask's values replace what was there") {
  identity_mask mask;
  mask.kind = identity_kind::explorer;
  mask.settings = {"n", effort_change::to(reasoning_effort::low), text_change::to("look")};
  const auto after = applied(mask, {identity_kind::nobody, before});
  CHECK(after.kind == identity_kind::explorer);
  CHECK(after.settings == (mode_settings{"n", reasoning_effort::low, "look"}));
}

SCENARIO("the retired names of modes read as default, others not at all") {
  for (const auto* name : {"default", "code", "pair_programming", "execute", "custom"})
    CHECK(parse_mode_kind(name) == mode_kind::default_mode);
  CHECK(parse_mode_kind("plan") == mode_kind::plan);
  CHECK(!parse_mode_kind("Plan"));
  CHECK(!parse_mode_kind(""));
  CHECK_EQ(to_text(mode_kind::default_mode), "default");
}

SCENARIO("a collaboration mode has one JSON form") {
  const collaboration_mode x{mode_kind::plan, before};
  CHECK_EQ(printed(x), R"({"mode":"plan","settings":{"model":"m","reasoning_effort":"high",)"
                       R"("developer_instructions":"be kind"}})");
  CHECK(read_mode(printed(x)) == x);
  const collaboration_mode bare{mode_kind::default_mode, {"m", std::nullopt, std::nullopt}};
  CHECK_EQ(printed(bare), R"({"mode":"default","settings":{"model":"m","reasoning_effort":null,)"
                          R"("developer_instructions":null}})");
  CHECK(read_mode(printed(bare)) == bare);
  CHECK(read_mode(R"({"mode":"execute","settings":{"model":"m"}})") == bare);
}

SCENARIO("a collaboration mode of another shape is none") {
  for (const auto* json :
       {"7", "{}", R"({"mode":"plan"})", R"({"mode":"plan","settings":{}})",
        R"({"mode":"x","settings":{"model":"m"}})", R"({"settings":{"model":"m"}})",
        R"({"mode":"plan","settings":{"model":"m","reasoning_effort":"huge"}})",
        R"({"mode":"plan","settings":{"model":"m","developer_instructions":1}})"})
    CHECK(!read_mode(json));
}

SCENARIO("kept and cleared settings of a mask are both null, and null is read as keep") {
  collaboration_mask mask{.name = "Plan", .mode = mode_kind::plan};
  mask.settings.reasoning_effort = effort_change::cleared();
  const std::string json = R"({"name":"Plan","mode":"plan","model":null,"reasoning_effort":null,)"
                           R"("developer_instructions":null})";
  CHECK_EQ(printed(mask), json);
  mask.settings.reasoning_effort = {};
  CHECK(read_mask(json) == mask);
  mask.settings = {"m", effort_change::to(reasoning_effort::low), text_change::to("x")};
  CHECK(read_mask(printed(mask)) == mask);
  CHECK(read_mask(R"({"name":"n"})") == collaboration_mask{.name = "n"});
  CHECK(!read_mask(R"({"mode":"plan"})"));
  CHECK(!read_mask(R"({"name":"n","mode":"nap"})"));
}
