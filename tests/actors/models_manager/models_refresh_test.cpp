#define CAF_SUITE models_refresh

// Refreshes, caches and ETags as contract models-manager.md sections 18 and 19 ask for them.
#include "tests/actors/models_manager/manager_fixture.hpp"

using namespace troupe;
using namespace troupe::testing;
using namespace std::chrono_literals;
using enum refresh_strategy;

namespace {

const std::vector<std::string> default_list{
  "gpt-5.2-codex", "gpt-5.2", "gpt-5.1-codex-max", "gpt-5.1-codex", "gpt-5.1-codex-mini", "gpt-5.1",
  "gpt-5-codex",   "gpt-5",   "gpt-5-codex-mini",  "bengalfox",     "boomslang"};

struct fixture : manager_fixture {
  std::string first(refresh_strategy x) { return listed(x).front(); }
  void notice(std::string etag) { ask(refresh_if_new_etag{"openai", std::move(etag)}); }
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("two new models are sorted by priority, after one request") {
  script->answers = {list_answer({listed_model("second", 1), listed_model("first", 0)})};
  start();
  const auto models = listed(online_if_uncached);
  CHECK_EQ(models.front(), "first");
  CHECK_EQ(std::ranges::count(models, "second"), 1);
  CHECK_EQ(script->asked.size(), 1U);
}

SCENARIO("a second refresh uses the fresh cache") {
  deps.knowledge.login = config::login_kind::none;
  script->answers = {list_answer({listed_model("new", -1)})};
  start();
  CHECK_EQ(first(online_if_uncached), "new");
  CHECK_EQ(first(online_if_uncached), "new");
  CHECK_EQ(script->asked.size(), 1U);
}

SCENARIO("a stale cache is fetched again") {
  script->answers = {list_answer({listed_model("old", -1)}),
                     list_answer({listed_model("new", -1)})};
  start();
  CHECK_EQ(first(online_if_uncached), "old");
  cache({listed_model("old", -1)}, "e", 1h);
  CHECK_EQ(first(online_if_uncached), "new");
  CHECK_EQ(script->asked.size(), 2U);
}

SCENARIO("the cache of another version is fetched again, that of the same version is not") {
  auto other = place();
  for (const auto* version : {"1.2.3-mismatch", "1.2.4", ""}) {
    other.client_version = version;
    CHECK(models_manager::save_cache(other, {.fetched_at = now,
                                             .etag = "e",
                                             .client_version = version,
                                             .models = {listed_model("cached", -1)}})
            .empty());
    script->answers = {list_answer({listed_model("new", -1)})};
    restart();
    CHECK_EQ(first(online_if_uncached), "new");
  }
  CHECK_EQ(script->asked.size(), 3U);
  cache({listed_model("cached", -1)});
  restart();
  CHECK_EQ(first(online_if_uncached), "cached");
  CHECK_EQ(script->asked.size(), 3U);
}

SCENARIO("models that the provider no longer sends are dropped") {
  deps.cache_lifetime = 0s;
  script->answers = {list_answer({listed_model("old", -1)}),
                     list_answer({listed_model("new", -1)})};
  start();
  CHECK_EQ(first(online_if_uncached), "old");
  const auto models = listed(online_if_uncached);
  CHECK_EQ(models.front(), "new");
  CHECK_EQ(std::ranges::count(models, "old"), 0);
  CHECK_EQ(models.size(), 12U);
}

SCENARIO("a hidden model of the best priority is listed, not shown, and not the default") {
  deps.knowledge.login = config::login_kind::none;
  script->answers = {
    list_answer({listed_model("hidden", 0, model_visibility::hide), listed_model("seen", 0)})};
  start();
  const auto list = answer_to<model_list>(list_models{online});
  CHECK_EQ(list.models[0].model, "hidden");
  CHECK(!list.models[0].show_in_picker);
  CHECK_EQ(default_of(list), "seen");
  CHECK_EQ(answer_to<model_list>(try_list_picker_models{}).models.front().model, "seen");
}

SCENARIO("the list keeps the built-in presets and has one default, the picker's first") {
  script->answers = {list_answer({listed_model("new", -1)})};
  start();
  const auto list = answer_to<model_list>(list_models{online});
  auto expected = default_list;
  expected.insert(expected.begin(), "new");
  CHECK(slugs(list) == expected);
  CHECK_EQ(default_of(list), answer_to<model_list>(try_list_picker_models{}).models.front().model);
}

SCENARIO("priority -10000 comes first, and a known slug is replaced") {
  auto mine = *config::find_model(config::bundled_catalogue(), "gpt-5.1");
  mine.display_name = "Mine";
  mine.description = "of the provider";
  mine.priority = -10'000;
  script->answers = {list_answer({mine})};
  start();
  const auto list = answer_to<model_list>(list_models{online});
  CHECK_EQ(list.models.size(), default_list.size());
  CHECK_EQ(list.models.front().model, "gpt-5.1");
  CHECK_EQ(list.models.front().display_name, "Mine");
  CHECK_EQ(list.models.front().description, "of the provider");
}

SCENARIO("an empty answer keeps the bundled models") {
  script->answers = {list_answer({})};
  start();
  CHECK(listed(online) == default_list);
  CHECK(cached().has_value());
}

SCENARIO("an answer that fails leaves what was known, and the list says why") {
  script->answers = {list_answer({listed_model("known", -1)}),
                     failed_answer("too slow"),
                     {.body = shared_text{R"({"models":[{"slug":"x"}]})"}}};
  start();
  CHECK_EQ(first(online), "known");
  const auto list = answer_to<model_list>(list_models{online});
  CHECK_EQ(list.models.front().model, "known");
  CHECK_EQ(list.problem, "too slow");
  CHECK_EQ(first(online), "known");
  CHECK_EQ(script->asked.size(), 3U);
}

SCENARIO("a default model is found although the list does not come in time") {
  script->answers = {failed_answer("request timed out")};
  start();
  CHECK_EQ(answer_to<chosen_model>(get_default_model{}).slug, "gpt-5.2-codex");
}

SCENARIO("an entry with an unknown shell type is left out, the others are listed") {
  auto text =
    config::print_catalogue(std::vector{listed_model("odd", -2), listed_model("new", -1)});
  text.replace(text.find(R"("default")"), 9, R"("teletype")");
  script->answers = {{.body = shared_text{text}}};
  start();
  CHECK_EQ(first(online), "new");
}

SCENARIO("with the feature off there are the built-in presets, no request and no cache") {
  cache({listed_model("cached", -1)});
  deps.knowledge.features.set(config::feature::remote_models, config::feature_switch::disable);
  script->answers = {list_answer({listed_model("new", -1)})};
  start();
  const auto list = answer_to<model_list>(list_models{online});
  CHECK_EQ(list.models.size(), 11U);
  CHECK_EQ(list.models[1].model, "gpt-5.1-codex-max");
  CHECK(list.models[0].supports_personality);
  notice("x");
  CHECK(script->asked.empty());
  CHECK_EQ(cached()->etag.value_or(""), "e");
}

SCENARIO("a question may insist on the provider's models although the feature is off") {
  deps.knowledge.features.set(config::feature::remote_models, config::feature_switch::disable);
  script->answers = {list_answer({listed_model("new", -1)})};
  start();
  const auto list = answer_to<model_list>(list_models{online, catalogue_use::always});
  CHECK_EQ(list.models.front().model, "new");
  CHECK_EQ(listed(online)[1], "gpt-5.1-codex-max");
  CHECK_EQ(script->asked.size(), 1U);
}

SCENARIO("with an API key nothing is asked, and the bundled models are listed") {
  cache({listed_model("cached", -1)});
  deps.knowledge.login = config::login_kind::api_key;
  start();
  for (const auto strategy : {online, offline, online_if_uncached})
    CHECK(listed(strategy) == default_list);
  notice("x");
  CHECK(script->asked.empty());
}

SCENARIO("an API key does not keep a provider without logins from being asked") {
  deps.knowledge.login = config::login_kind::api_key;
  deps.knowledge.provider = models_manager::traits_of("local", deps.providers["local"], {});
  script->answers = {list_answer({listed_model("qwen3", -1)})};
  start();
  CHECK_EQ(first(online), "qwen3");
}

SCENARIO("the plain list of a local server is offered") {
  deps.knowledge.login = config::login_kind::none;
  deps.knowledge.provider = models_manager::traits_of("local", deps.providers["local"], {});
  script->answers = {{.body = shared_text{R"({"object":"list","data":[{"id":"qwen3"}]})"}}};
  start();
  const auto list = answer_to<model_list>(list_models{online});
  const auto found = std::ranges::find(list.models, "qwen3", &model_preset::model);
  REQUIRE(found != list.models.end());
  CHECK(found->show_in_picker);
  CHECK_EQ(found->model_provider_id, "local");
  restart();
  CHECK_EQ(std::ranges::count(listed(offline), "qwen3"), 1);
}

SCENARIO("offline lists a fresh cache, and the bundled models when it is stale") {
  cache({listed_model("cached", -1)});
  start();
  CHECK_EQ(first(offline), "cached");
  stop();
  cache({listed_model("cached", -1)}, "e", 301s);
  start();
  CHECK_EQ(first(offline), "gpt-5.2-codex");
  CHECK(script->asked.empty());
}

SCENARIO("offline sees what another process has fetched meanwhile") {
  start();
  CHECK_EQ(first(offline), "gpt-5.2-codex");
  cache({listed_model("cached", -1)}, "e", 300s);
  CHECK_EQ(first(offline), "cached");
}

SCENARIO("online if uncached makes one request without a cache and none with a fresh one") {
  script->answers = {list_answer({listed_model("new", -1)})};
  start();
  CHECK_EQ(first(online_if_uncached), "new");
  restart();
  CHECK_EQ(first(online_if_uncached), "new");
  CHECK_EQ(script->asked.size(), 1U);
}

SCENARIO("online makes a request even with a fresh cache") {
  cache({listed_model("cached", -1)});
  script->answers = {list_answer({listed_model("new", -1)})};
  start();
  CHECK_EQ(first(online), "new");
}

SCENARIO("the provider is told the whole version") {
  script->answers = {list_answer({})};
  start();
  listed(online);
  CHECK(script->asked == (std::vector<fetch_models>{{"openai", "1.2.3"}}));
}

SCENARIO(
  "a fetched list is cached with time, ETag and version, and without ETag if there is none") {
  script->answers = {list_answer({listed_model("new", -1)}, "\"abc\""),
                     list_answer({listed_model("new", -1)})};
  start();
  listed(online);
  REQUIRE(cached().has_value());
  CHECK(cached()->fetched_at == now);
  CHECK(cached()->etag == "\"abc\"");
  CHECK(cached()->client_version == "1.2.3");
  CHECK_EQ(cached()->models.size(), 1U);
  listed(online);
  CHECK(!cached()->etag);
}

SCENARIO("a torn cache is a miss") {
  home.write("models_cache.json", "{\"fetched_at\": \"20");
  script->answers = {list_answer({listed_model("new", -1)})};
  start();
  CHECK_EQ(first(offline), "gpt-5.2-codex");
  CHECK_EQ(first(online_if_uncached), "new");
  CHECK(cached().has_value());
}

SCENARIO("an unwritable home does not keep a list from being used") {
  deps.home = home.write("file", "") / "below";
  script->answers = {list_answer({listed_model("new", -1)})};
  start();
  CHECK_EQ(first(online), "new");
  CHECK_EQ(first(offline), "new");
}

SCENARIO("an equal ETag renews the cache, so that a stale one is listed offline") {
  script->answers = {list_answer({listed_model("new", -1)}, "\"e1\"")};
  start();
  listed(online);
  const auto before = *cached();
  now += 1h;
  steady += 1h;
  CHECK(!cached());
  notice("\"e1\"");
  REQUIRE(cached().has_value());
  auto expected = before;
  expected.fetched_at = now;
  CHECK(*cached() == expected);
  restart();
  CHECK_EQ(first(offline), "new");
  CHECK_EQ(script->asked.size(), 1U);
}

SCENARIO("a different ETag makes exactly one request, and nobody waits for it") {
  script->answers = {list_answer({listed_model("old", -1)}, "e1")};
  start();
  CHECK_EQ(first(online), "old");
  notice("e2");
  notice("e2");
  CHECK_EQ(script->asked.size(), 2U);
  CHECK_EQ(answer_to<model_facts>(get_model_info{}).info->slug, "old");
  provide(list_answer({listed_model("new", -1)}, "e2"));
  CHECK_EQ(answer_to<model_facts>(get_model_info{}).info->slug, "new");
  notice("e2");
  CHECK_EQ(script->asked.size(), 2U);
}

SCENARIO("without an own ETag a notice fetches") {
  start();
  notice("e1");
  CHECK_EQ(script->asked.size(), 1U);
  provide(list_answer({}, "e1"));
}

SCENARIO("a failing list is not asked for at each response") {
  start();
  for (int i = 0; i < 100; ++i) {
    if (i < 1)
      script->answers = {failed_answer("no")};
    notice("e1");
  }
  CHECK_EQ(script->asked.size(), 1U);
  steady += 5s;
  script->answers = {list_answer({}, "e1")};
  notice("e1");
  CHECK_EQ(script->asked.size(), 2U);
}

SCENARIO("a notice of another provider is not of interest") {
  start();
  ask(refresh_if_new_etag{"local", "e1"});
  CHECK(script->asked.empty());
}

SCENARIO("models that only a ChatGPT login may use are listed for it only") {
  auto inner = listed_model("inner", -1);
  inner.supported_in_api = false;
  cache({inner});
  start();
  CHECK_EQ(first(offline), "inner");
  stop();
  deps.knowledge.login = config::login_kind::none;
  start();
  CHECK_EQ(first(offline), "gpt-5.2-codex");
}

SCENARIO("a provider's data of a slug are those of its list, hidden or not, and overrides count") {
  auto remote = listed_model("remote", 5, model_visibility::hide);
  remote.shell_type = shell_type::unified_exec;
  remote.truncation_policy = {truncation_mode::bytes, 777};
  cache({remote});
  start();
  const auto plain = answer_to<model_facts>(get_model_info{"remote", {}});
  CHECK(plain.info->shell_type == shell_type::unified_exec);
  CHECK_EQ(plain.info->truncation_policy.limit, 777);
  model_overrides limits;
  limits.tool_output_token_limit = 50;
  CHECK_EQ(answer_to<model_facts>(get_model_info{"remote", limits}).info->truncation_policy.limit,
           200);
}

END_FIXTURE_SCOPE()
