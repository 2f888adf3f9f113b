#define CAF_SUITE catalogue

#include "config/catalogue.hpp"

#include "config/bundled_instructions.hpp"
#include "tests/config/loading.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <algorithm>

using namespace troupe;
using namespace troupe::config;
using namespace troupe::config::test;

namespace {

const model_info& bundled(std::string_view slug) {
  const auto* found = find_model(bundled_catalogue(), slug);
  if (found == nullptr)
    throw std::runtime_error("not bundled: " + std::string{slug});
  return *found;
}

/// One row of the contract's table.
std::string row(const model_info& x) {
  std::string levels;
  for (const auto& level : x.supported_reasoning_levels)
    levels += to_string(level.effort) + " ";
  const std::string_view instructions = x.base_instructions.view();
  std::string group = "?";
  for (const auto* name : {"a", "b", "c", "d", "e"})
    if (bundled_instructions(name).view() == instructions)
      group = name;
  return std::to_string(x.priority) + " " + x.slug + " " + to_string(x.visibility) + " " + levels +
         (x.apply_patch_tool_type ? to_string(*x.apply_patch_tool_type) : "null") + " " +
         to_string(x.truncation_policy.mode) +
         (x.supports_parallel_tool_calls ? " parallel " : " ") +
         (x.support_verbosity ? "verbosity:" : "") +
         (x.default_verbosity ? to_string(*x.default_verbosity) : "null") + " " +
         to_string(x.shell_type) + " " + group;
}

model_info with_template(std::string text) {
  auto x = fallback_model("zzz");
  x.model_messages = model_messages{std::move(text), "D", "F", "P"};
  return x;
}

model_overrides limit_of(std::int64_t tokens) {
  model_overrides x;
  x.tool_output_token_limit = tokens;
  return x;
}

feature_set without(feature x) {
  feature_set result;
  result.set(x, feature_switch::disable);
  return result;
}

} // namespace

SCENARIO("the bundled catalogue has the nine entries of the contract") {
  std::vector<std::string> rows;
  for (const auto& x : bundled_catalogue())
    rows.push_back(row(x));
  const std::vector<std::string> expected{
    "1 gpt-5.2-codex list low medium high xhigh freeform tokens parallel null shell_command a",
    "2 gpt-5.2 list low medium high xhigh freeform bytes parallel verbosity:low shell_command b",
    "3 gpt-5.1-codex-max list low medium high xhigh freeform tokens null shell_command a",
    "4 gpt-5.1-codex hide low medium high freeform tokens null shell_command c",
    "5 gpt-5.1-codex-mini list medium high freeform tokens null shell_command c",
    "6 gpt-5.1 hide low medium high freeform bytes parallel verbosity:low shell_command d",
    "7 gpt-5-codex hide low medium high freeform tokens null shell_command c",
    "8 gpt-5 hide minimal low medium high null bytes verbosity:null default e",
    "9 gpt-5-codex-mini hide medium high freeform tokens null shell_command c"};
  CHECK_EQ(rows, expected);
}

SCENARIO("what all bundled entries have in common holds") {
  for (const auto& x : bundled_catalogue()) {
    CHECK_EQ(x.display_name, x.slug);
    CHECK(x.default_reasoning_level == reasoning_effort::medium);
    CHECK(x.supports_reasoning_summaries);
    CHECK(x.context_window == 272'000);
    CHECK(auto_compact_limit(x) == 244'800);
    CHECK_EQ(x.truncation_policy.limit, 10'000);
    CHECK(x.supported_in_api);
    CHECK(x.experimental_supported_tools.empty());
    CHECK(!x.model_messages);
    CHECK(x.accepts_images);
    CHECK_EQ(x.upgrade.has_value(), x.slug != "gpt-5.2-codex");
    if (x.upgrade) {
      CHECK_EQ(x.upgrade->model, "gpt-5.2-codex");
      CHECK(x.upgrade->migration_markdown.find("{model_to}") != std::string::npos);
      CHECK(x.upgrade->migration_markdown.find("{model_from}") != std::string::npos);
    }
  }
}

SCENARIO("the bundled catalogue survives printing and parsing") {
  const auto again = parse_catalogue(print_catalogue(bundled_catalogue()), catalogue_form::strict);
  REQUIRE(std::holds_alternative<catalogue>(again));
  CHECK(std::get<catalogue>(again) == bundled_catalogue());
}

SCENARIO("instruction texts are real, differ, stay small, and exist once") {
  for (const auto* name : {"a", "b", "c", "d", "e", "e+patch"}) {
    const auto& text = bundled_instructions(name);
    CHECK_GT(text.size(), 2'000U);
    CHECK_LT(text.size(), 5U * 1024);
    for (const auto* word : {"apply_patch", "update_plan", "exec_command", "sandbox", "AGENTS.md"})
      CHECK(text.view().find(word) != std::string_view::npos);
  }
  CHECK(!(bundled_instructions("a") == bundled_instructions("b")));
  CHECK(bundled_instructions("e+patch").view().starts_with(bundled_instructions("e").view()));
  CHECK(bundled_instructions("nonsense").empty());
  CHECK(bundled("gpt-5.2-codex").base_instructions.pointer() ==
        bundled("gpt-5.1-codex-max").base_instructions.pointer());
}

SCENARIO("fetched models replace bundled ones in place, others are appended") {
  auto mine = bundled("gpt-5.2");
  mine.description = "mine";
  const auto other = fallback_model("new");
  const std::vector<model_info> incoming{other, mine};
  const auto result = merge_catalogues(bundled_catalogue(), incoming);
  CHECK_EQ(result.size(), 10U);
  CHECK_EQ(result[1].description.value_or(""), "mine");
  CHECK_EQ(result[9].slug, "new");
  CHECK(merge_catalogues(bundled_catalogue(), {}) == bundled_catalogue());
}

SCENARIO("a model is found by its exact slug only, else the fallback answers with that slug") {
  const auto x = describe_model(bundled_catalogue(), "gpt-5.2-codex-foo", {}, {});
  CHECK_EQ(x.slug, "gpt-5.2-codex-foo");
  CHECK(supports_personality(x));
  CHECK(describe_model(bundled_catalogue(), "gpt-5.2-codex", {}, {}) == bundled("gpt-5.2-codex"));
  CHECK_EQ(describe_model(bundled_catalogue(), "zzz", {}, {}).slug, "zzz");
}

SCENARIO("without remote_models the fallback answers for listed models too") {
  const auto x =
    describe_model(bundled_catalogue(), "gpt-5.2-codex", {}, without(feature::remote_models));
  CHECK(supports_personality(x));
}

SCENARIO("overrides replace what they name") {
  model_overrides settings;
  settings.supports_reasoning_summaries = true;
  settings.context_window = 100;
  const auto x = with_overrides(fallback_model("gpt-oss"), settings);
  CHECK(x.supports_reasoning_summaries);
  CHECK(x.context_window == 100);
  CHECK(auto_compact_limit(x) == 90);
  settings.auto_compact_token_limit = 500;
  CHECK(auto_compact_limit(with_overrides(x, settings)) == 500);
}

SCENARIO("the tool output limit keeps the mode; a token counts as four bytes") {
  const auto tokens = with_overrides(bundled("gpt-5.2-codex"), limit_of(50)).truncation_policy;
  CHECK(tokens == (truncation_policy{truncation_mode::tokens, 50}));
  const auto bytes = with_overrides(bundled("gpt-5.2"), limit_of(50)).truncation_policy;
  CHECK(bytes == (truncation_policy{truncation_mode::bytes, 200}));
  CHECK_GT(with_overrides(bundled("gpt-5.2"), limit_of(INT64_MAX)).truncation_policy.limit, 0);
}

SCENARIO("own base instructions remove the messages, and so does the feature when off") {
  model_overrides settings;
  settings.base_instructions = shared_text{"mine"};
  const auto x = describe_model({}, "gpt-5.2-codex", settings, {});
  CHECK(!x.model_messages);
  CHECK_EQ(x.base_instructions.str(), "mine");
  CHECK(!describe_model({}, "gpt-5.2-codex", {}, without(feature::personality)).model_messages);
}

SCENARIO("the settings that speak about models come from the configuration") {
  config_fixture files;
  files.user_file(
    "model_context_window = 7\ntool_output_token_limit = 3\npersonality = 'friendly'\n"
    "model_auto_compact_token_limit = 5\nmodel_supports_reasoning_summaries = false\n");
  const auto x = overrides_of(files.loaded());
  CHECK(x.context_window == 7);
  CHECK(x.tool_output_token_limit == 3);
  CHECK(x.auto_compact_token_limit == 5);
  CHECK(x.supports_reasoning_summaries == false);
  CHECK(x.personality == personality::friendly);
  CHECK(x.base_instructions.empty());
}

SCENARIO("every placeholder is replaced by the text of the personality") {
  const auto x = with_template("<{{ personality }}|{{ personality }}>");
  CHECK_EQ(instructions_for(x, std::nullopt).str(), "<D|D>");
  CHECK_EQ(instructions_for(x, personality::none).str(), "<|>");
  CHECK_EQ(instructions_for(x, personality::friendly).str(), "<F|F>");
  CHECK_EQ(instructions_for(x, personality::pragmatic).str(), "<P|P>");
}

SCENARIO("a missing variable is nothing, a missing template the base instructions") {
  auto x = with_template("<{{ personality }}>");
  x.model_messages->personality_friendly.reset();
  CHECK_EQ(instructions_for(x, personality::friendly).str(), "<>");
  CHECK(!supports_personality(x));
  x.model_messages->instructions_template.reset();
  CHECK(instructions_for(x, personality::pragmatic).pointer() == x.base_instructions.pointer());
}

SCENARIO("personalities need a template with the placeholder and all variables, blank or not") {
  CHECK(supports_personality(with_template("{{ personality }}")));
  CHECK(!supports_personality(with_template("{{personality}}")));
  auto x = with_template("{{ personality }}");
  x.model_messages->personality_default = "";
  CHECK(supports_personality(x));
  CHECK(!supports_personality(bundled("gpt-5.2-codex")));
}

SCENARIO("the bundled template fills in its personality") {
  const auto x = fallback_model("gpt-5.2-codex");
  const auto friendly = instructions_for(x, personality::friendly);
  const auto pragmatic = instructions_for(x, personality::pragmatic);
  CHECK(friendly.view().find("{{") == std::string_view::npos);
  CHECK(!(friendly == pragmatic));
  CHECK_LT(pragmatic.size(), 5U * 1024);
}

SCENARIO("a catalogue file is read, and its mistakes name the file") {
  troupe::test::temp_folder disk;
  const auto good = disk.write("good.json", print_catalogue(bundled_catalogue()));
  CHECK(std::get<catalogue>(read_catalogue_file(good)) == bundled_catalogue());
  const auto bad = disk.write("bad.json", "{}");
  CHECK_EQ(std::get<catalogue_error>(read_catalogue_file(bad)).message,
           bad.string() + ": no array `models`");
  CHECK(std::get<catalogue_error>(read_catalogue_file(disk.path() / "gone"))
          .message.starts_with((disk.path() / "gone").string() + ": "));
}
