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

SCENARIO("a provider's key of its own is a credential, where it has one") {
  config::provider x;
  const config::environment env = [](std::string_view name) {
    return name == "KEY" ? std::optional<std::string>{"k"} : std::nullopt;
  };
  CHECK(!traits_of("p", x, env).has_own_credential);
  x.env_key = "OTHER";
  CHECK(!traits_of("p", x, env).has_own_credential);
  x.env_key = "KEY";
  CHECK(traits_of("p", x, env).has_own_credential);
  x.env_key.reset();
  x.experimental_bearer_token = secret{"t"};
  CHECK(traits_of("p", x, env).has_own_credential);
}

SCENARIO("the picker with a credential has all models, without one the configured one only") {
  model_knowledge x;
  x.configured = {.model = "zzz", .provider = "openai"};
  CHECK_EQ(model_answers{x}.picker().models.size(), 1u);
  x.provider.has_own_credential = true;
  CHECK_EQ(model_answers{x}.picker().models.size(), 5u);
  x.provider.has_own_credential = false;
  x.login = config::login_kind::api_key;
  CHECK_EQ(model_answers{x}.picker().models.size(), 5u);
}

SCENARIO("the switcher has the picker's models with a ChatGPT login only") {
  model_knowledge x;
  x.configured = {.model = "zzz", .provider = "openai"};
  x.login = config::login_kind::api_key;
  CHECK_EQ(model_answers{x}.switcher().models.size(), 1u);
  x.login = config::login_kind::chatgpt;
  CHECK_EQ(model_answers{x}.switcher().models.size(), 5u);
}

SCENARIO("a refresh needs a list, the feature, and no OpenAI key") {
  const auto may = [](auto change) {
    model_knowledge x;
    change(x);
    return may_refresh(x);
  };
  CHECK(may([](auto&) {}));
  CHECK(may([](auto& x) { x.login = config::login_kind::chatgpt; }));
  CHECK(!may([](auto& x) { x.login = config::login_kind::api_key; }));
  CHECK(may([](auto& x) {
    x.login = config::login_kind::api_key;
    x.provider.uses_login = false;
  }));
  CHECK(!may([](auto& x) { x.provider.lists_models = false; }));
  CHECK(!may([](auto& x) { x.provider.is_simulated = true; }));
  CHECK(!may([](auto& x) { x.source = catalogue_source::file; }));
  const auto off = [](auto& x) {
    x.features.set(config::feature::remote_models, config::feature_switch::disable);
  };
  CHECK(!may(off));
  model_knowledge x;
  off(x);
  CHECK(may_refresh(x, catalogue_use::always));
}

SCENARIO("messages of a model are left out where its thread has the feature off") {
  model_answers answers{{}};
  model_overrides overrides;
  CHECK(answers.facts({.slug = "bengalfox", .overrides = overrides}).info->model_messages);
  overrides.keeps_messages = false;
  CHECK(!answers.facts({.slug = "bengalfox", .overrides = overrides}).info->model_messages);
}

SCENARIO("answers follow what is known, and given ones stay what they are") {
  model_answers answers{{}};
  const auto before = answers.facts({.slug = "mine", .overrides = {}});
  CHECK(answers.is_guess("mine"));
  answers.change(
    [](model_knowledge& x) { x.models.push_back(a_model("mine", -1, model_visibility::list)); });
  CHECK(!answers.is_guess("mine"));
  CHECK_EQ(answers.facts({.slug = "mine", .overrides = {}}).instructions.str(),
           "instructions of mine");
  CHECK_NE(before.instructions.str(), "instructions of mine");
  CHECK_EQ(default_model(answers.all()), "mine");
}
