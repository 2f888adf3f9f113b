#define CAF_SUITE model_answers
#include <caf/test/bdd_dsl.hpp>

#include "actors/models_manager/model_answers.hpp"
#include "config/catalogue_json.hpp"
#include "tests/support/temp_folder.hpp"

#include <string>
#include <vector>

using namespace troupe;
using namespace troupe::models_manager;

namespace {

model_info a_model(std::string slug, int priority, model_visibility visibility) {
  model_info x;
  x.slug = slug;
  x.display_name = slug;
  x.priority = priority;
  x.visibility = visibility;
  x.base_instructions = shared_text{"instructions of " + slug};
  return x;
}

std::vector<std::string> slugs(const model_list& list) {
  std::vector<std::string> result;
  for (const auto& x : list.models)
    result.push_back(x.model);
  return result;
}

using texts = std::vector<std::string>;

} // namespace

SCENARIO("the bundled catalogue is listed best first, then the presets it does not name") {
  const auto list = listed_models({});
  CHECK(slugs(list) == (texts{"gpt-5.2-codex", "gpt-5.2", "gpt-5.1-codex-max", "gpt-5.1-codex",
                              "gpt-5.1-codex-mini", "gpt-5.1", "gpt-5-codex", "gpt-5",
                              "gpt-5-codex-mini", "bengalfox", "boomslang"}));
  CHECK_EQ(default_model(list), "gpt-5.2-codex");
}

SCENARIO("with the feature off only the presets of the program are listed") {
  model_knowledge x;
  x.features.set(config::feature::remote_models, config::feature_switch::disable);
  const auto list = listed_models(x);
  CHECK_EQ(list.models.size(), 11u);
  CHECK_EQ(list.models[3].model, "gpt-5.2");
  CHECK_EQ(default_model(list), "gpt-5.2-codex");
}

SCENARIO("a catalogue file replaces everything") {
  const model_knowledge x{.models = {a_model("mine", 5, model_visibility::list),
                                     a_model("first", -1, model_visibility::hide)},
                          .source = catalogue_source::file};
  const auto list = listed_models(x);
  CHECK(slugs(list) == (texts{"first", "mine"}));
  CHECK_EQ(default_model(list), "mine");
}

SCENARIO("the file that the settings name is read, and must be readable") {
  const test::temp_folder folder;
  config::config settings;
  settings.features.set(config::feature::personality, config::feature_switch::disable);
  const auto bundled = read_knowledge(settings, config::login_kind::api_key);
  REQUIRE(std::holds_alternative<model_knowledge>(bundled));
  CHECK(std::get<model_knowledge>(bundled).source == catalogue_source::bundled);
  CHECK(std::get<model_knowledge>(bundled).login == config::login_kind::api_key);
  CHECK(std::get<model_knowledge>(bundled).features == settings.features);
  const std::vector<model_info> models{a_model("mine", 1, model_visibility::list)};
  const auto file = folder.write("models.json", config::print_catalogue(models));
  settings.model_catalog_json = file;
  const auto replaced = read_knowledge(settings, config::login_kind::none);
  REQUIRE(std::holds_alternative<model_knowledge>(replaced));
  CHECK(slugs(listed_models(std::get<model_knowledge>(replaced))) == texts{"mine"});
  settings.model_catalog_json = folder.path() / "missing.json";
  CHECK(std::holds_alternative<config::catalogue_error>(
    read_knowledge(settings, config::login_kind::none)));
}

SCENARIO("without a model to show the first is the default, without any there is none") {
  model_knowledge x{
    .models = {a_model("b", 2, model_visibility::hide), a_model("a", 1, model_visibility::none)},
    .source = catalogue_source::file};
  CHECK_EQ(default_model(listed_models(x)), "a");
  x.models.clear();
  CHECK(listed_models(x).models.empty());
  CHECK_EQ(default_model(listed_models(x)), "");
}

SCENARIO("a model that the interface does not offer needs a ChatGPT login") {
  auto hidden = a_model("web-only", 1, model_visibility::list);
  hidden.supported_in_api = false;
  model_knowledge x{.models = {hidden}, .source = catalogue_source::file};
  CHECK(listed_models(x).models.empty());
  x.login = config::login_kind::chatgpt;
  CHECK(slugs(listed_models(x)) == texts{"web-only"});
}

SCENARIO("facts hold the instructions as text and as JSON") {
  model_answers answers{
    {.models = {a_model("mine", 1, model_visibility::list)}, .source = catalogue_source::file}};
  const auto& facts = answers.facts({.slug = "mine", .overrides = {}});
  CHECK_EQ(facts.info->slug, "mine");
  CHECK_EQ(facts.instructions.str(), "instructions of mine");
  CHECK_EQ(facts.instructions_json.str(), "\"instructions of mine\"");
}

SCENARIO("an empty slug asks for the default model") {
  model_answers answers{{}};
  CHECK_EQ(answers.facts({}).info->slug, "gpt-5.2-codex");
}

SCENARIO("a slug that nobody knows gets fallback values") {
  model_answers answers{{}};
  CHECK_EQ(answers.facts({.slug = "gpt-5.2-codex-foo", .overrides = {}}).info->slug,
           "gpt-5.2-codex-foo");
  CHECK(!answers.facts({.slug = "zzz", .overrides = {}}).info->context_window);
}

SCENARIO("overrides count") {
  model_answers answers{{}};
  model_overrides overrides;
  overrides.context_window = 1000;
  overrides.tool_output_token_limit = 50;
  overrides.base_instructions = shared_text{"mine"};
  const auto& facts = answers.facts({.slug = "gpt-5.2", .overrides = overrides});
  CHECK(facts.info->context_window == 1000);
  CHECK_EQ(facts.info->truncation_policy.limit, 200);
  CHECK_EQ(facts.instructions_json.str(), "\"mine\"");
}

SCENARIO("equal questions share one answer") {
  model_answers answers{{}};
  const auto first = answers.facts({.slug = "gpt-5.2", .overrides = {}});
  const auto other = answers.facts({.slug = "gpt-5.1", .overrides = {}});
  const auto again = answers.facts({.slug = "gpt-5.2", .overrides = {}});
  CHECK(first.instructions_json.pointer() == again.instructions_json.pointer());
  CHECK(first.instructions_json.pointer() != other.instructions_json.pointer());
}
