#define CAF_SUITE picker

#include "config/picker.hpp"

#include <caf/test/bdd_dsl.hpp>

#include "config/catalogue.hpp"
#include "config/presets.hpp"

#include <string>
#include <vector>

using namespace troupe;
using namespace troupe::config;

namespace {

using texts = std::vector<std::string>;

/// "slug@provider", with a star for the default.
texts shown(const std::vector<model_preset>& presets) {
  texts result;
  for (const auto& x : presets)
    result.push_back(x.model + "@" + x.model_provider_id + (x.is_default ? "*" : ""));
  return result;
}

model_info own_model(std::string_view slug, model_visibility visibility) {
  auto x = fallback_model(slug);
  x.visibility = visibility;
  x.priority = 50;
  return x;
}

const texts openai_picker{"gpt-5.2-codex@openai*", "gpt-5.2@openai", "gpt-5.1-codex-max@openai",
                          "gpt-5.1-codex-mini@openai"};

texts followed_by(texts x, const texts& more) {
  x.insert(x.end(), more.begin(), more.end());
  return x;
}

struct session {
  catalogue remote = bundled_catalogue();
  login_kind login = login_kind::none;
  configured_models configured{.model = std::nullopt, .provider = "openai"};
  std::vector<model_preset> available;

  picker_sources sources() {
    available = list_presets(remote, login, configured.provider);
    return {.available = available, .configured = configured, .describe = [this](auto slug) {
              return describe_model(remote, slug, {}, {});
            }};
  }
  texts picker(credentials known) { return shown(picker_models(sources(), known)); }
  texts switcher(switcher_scope scope) { return shown(switcher_models(sources(), scope)); }
};

constexpr auto present = credentials::present;
constexpr auto none = credentials::none;

} // namespace

SCENARIO("every preset says who provides it") {
  session x;
  x.configured.provider = "local";
  x.remote.push_back(own_model("qwen3", model_visibility::list));
  x.remote.push_back(own_model("bengalfox", model_visibility::list));
  for (const auto& preset : list_presets(x.remote, login_kind::none, "local"))
    CHECK_EQ(preset.model_provider_id, (preset.model == "qwen3" ? "local" : "openai"));
  for (const auto& preset : list_presets(x.remote, login_kind::none, "openai"))
    CHECK_EQ(preset.model_provider_id, "openai");
}

SCENARIO("without a configured model the picker is what is shown") {
  session x;
  CHECK(x.picker(present) == openai_picker);
  CHECK(x.picker(none) == openai_picker);
  x.configured.model = "  \n";
  CHECK(x.picker(none) == openai_picker);
}

SCENARIO("a configured model of the picker changes nothing") {
  session x;
  x.configured.model = " gpt-5.2 ";
  CHECK(x.picker(present) == openai_picker);
  CHECK(x.picker(none) == openai_picker);
}

SCENARIO("with credentials a configured unknown model is the last of the picker, not default") {
  session x;
  x.configured.model = "zzz";
  CHECK(x.picker(present) == followed_by(openai_picker, {"zzz@openai"}));
}

SCENARIO("without credentials a configured unknown model is the whole picker, and default") {
  session x;
  x.configured.model = "zzz";
  CHECK(x.picker(none) == texts{"zzz@openai*"});
}

SCENARIO("a hidden preset is made visible, and the same slug elsewhere is another model") {
  session x;
  x.configured.model = "gpt-5.1";
  auto list = picker_models(x.sources(), present);
  CHECK_EQ(list.back().model, "gpt-5.1");
  CHECK(list.back().show_in_picker);
  CHECK_EQ(list.back().description, "General model with broad knowledge");
  x.configured.model = "gpt-5.2";
  x.configured.provider = "azure";
  CHECK(x.picker(present) == followed_by(openai_picker, {"gpt-5.2@azure"}));
}

SCENARIO("the effort of a model that no list names is configured, the model's, or a guess") {
  session x;
  const auto effort = [&x](std::string slug) {
    x.configured.model = std::move(slug);
    return picker_models(x.sources(), none).back().default_effort;
  };
  CHECK(effort("zzz") == reasoning_effort::none);
  CHECK(effort("o3") == reasoning_effort::medium);
  CHECK(effort("gpt-5.2-foo") == reasoning_effort::medium);
  x.configured.effort = reasoning_effort::high;
  CHECK(effort("zzz") == reasoning_effort::high);
}

SCENARIO("configured pairs: top level, then profiles by slug and provider, each once") {
  const configured_models x{
    .model = "m",
    .provider = "openai",
    .names_provider = false,
    .effort = std::nullopt,
    .profiles =
      {{"z", "b"}, {"z", "a"}, {"a", std::nullopt}, {"m", "openai"}, {" z ", "b"}, {"", "b"}},
    .declared_providers = {}};
  const auto pairs = configured_pairs(x);
  CHECK(pairs == (std::vector<model_choice>{
                   {"m", std::nullopt}, {"a", std::nullopt}, {"z", "a"}, {"z", "b"}}));
}

SCENARIO("a profile without a provider has that of the place that names the slug with one") {
  configured_models x{.model = "m",
                      .provider = "azure",
                      .names_provider = true,
                      .effort = std::nullopt,
                      .profiles = {{"m", std::nullopt}, {"n", std::nullopt}, {"n", "local"}},
                      .declared_providers = {}};
  CHECK(configured_pairs(x) == (std::vector<model_choice>{{"m", "azure"}, {"n", "local"}}));
  x.names_provider = false;
  CHECK(configured_pairs(x) == (std::vector<model_choice>{{"m", std::nullopt}, {"n", "local"}}));
}

SCENARIO("without a ChatGPT login the switcher has the configured models only, the first default") {
  session x;
  CHECK(x.switcher(switcher_scope::configured_only).empty());
  x.configured.model = "zzz";
  x.configured.profiles = {{"gpt-5.2", "openai"}, {"a", "local"}};
  CHECK(x.switcher(switcher_scope::configured_only) ==
        (texts{"zzz@openai*", "a@local", "gpt-5.2@openai"}));
}

SCENARIO("with a ChatGPT login the picker comes first and stays the default") {
  session x;
  x.configured.model = "zzz";
  x.configured.profiles = {{"gpt-5.2", "openai"}, {"gpt-5.2", "azure"}};
  CHECK(x.switcher(switcher_scope::after_the_picker) ==
        followed_by(openai_picker, {"zzz@openai", "gpt-5.2@azure"}));
  for (const auto& preset : switcher_models(x.sources(), switcher_scope::after_the_picker))
    CHECK_EQ(preset.description.starts_with("Official OpenAI model"),
             preset.model_provider_id == "openai");
}

SCENARIO("a pair with a provider has a profile's name and says whose provider it is") {
  session x;
  x.configured.declared_providers = {"my vllm"};
  x.configured.profiles = {{"a/b:c", "my vllm"}, {"m", "ollama"}, {"n", std::nullopt}};
  const auto list = switcher_models(x.sources(), switcher_scope::configured_only);
  REQUIRE_EQ(list.size(), 3U);
  CHECK_EQ(list[0].id, "my-vllm-a-b-c");
  CHECK_EQ(list[0].description, "From your provider `my vllm`");
  CHECK_EQ(list[1].id, "ollama-m");
  CHECK_EQ(list[1].description, "From the built-in provider `ollama`");
  CHECK_EQ(list[2].id, "n");
}

SCENARIO("official is what openai lists, asked for openai") {
  session x;
  x.configured.provider = "local";
  x.remote.push_back(own_model("qwen3", model_visibility::list));
  const auto available = list_presets(x.remote, x.login, "local");
  CHECK(is_official_openai_model(available, "gpt-5.2", "openai"));
  CHECK(is_official_openai_model(available, "gpt-5.1", "openai"));
  CHECK(!is_official_openai_model(available, "gpt-5.2", "local"));
  CHECK(!is_official_openai_model(available, "qwen3", "openai"));
  CHECK(!is_official_openai_model(available, "qwen3", "local"));
  CHECK(!is_official_openai_model(available, "zzz", "openai"));
}

SCENARIO("a configuration says what it names") {
  troupe::config::config x;
  x.model = "m";
  x.names_model_provider = true;
  x.model_provider_id = "mine";
  x.model_reasoning_effort = reasoning_effort::low;
  x.profile_models = {{"n", std::nullopt}};
  x.model_providers["openai"];
  x.model_providers["mine"];
  const auto found = configured_models_of(x);
  CHECK(found.model == "m");
  CHECK_EQ(found.provider, "mine");
  CHECK(found.names_provider);
  CHECK(found.effort == reasoning_effort::low);
  CHECK_EQ(found.profiles.size(), 1U);
  CHECK(found.declared_providers == (std::set<std::string, std::less<>>{"mine"}));
}
