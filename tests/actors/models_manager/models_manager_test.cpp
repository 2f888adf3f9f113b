#define CAF_SUITE models_manager

#include "tests/actors/model_client/scripted_auth.hpp"
#include "tests/actors/models_manager/manager_fixture.hpp"

#include <caf/telemetry/collector/prometheus.hpp>

using namespace troupe;
using namespace troupe::testing;
using enum refresh_strategy;

namespace {

struct fixture : manager_fixture {
  model_facts facts(const std::string& slug) {
    return answer_to<model_facts>(get_model_info{slug, {}});
  }
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("a question about a model is answered at once") {
  start();
  CHECK_EQ(facts("gpt-5.2").info->slug, "gpt-5.2");
  CHECK_EQ(facts("").info->slug, "gpt-5.2-codex");
  CHECK(script->asked.empty());
}

SCENARIO("two askers share the texts") {
  start();
  CHECK(facts("gpt-5.2").instructions_json.pointer() ==
        facts("gpt-5.2").instructions_json.pointer());
}

SCENARIO("a thousand threads that ask for a model during a slow refresh do not wait") {
  start();
  ask(list_models{online});
  for (int i = 0; i < 1000; ++i)
    ask(get_model_info{"gpt-5.2", {}});
  for (int i = 0; i < 1000; ++i)
    CHECK_EQ(next<model_facts>().info->slug, "gpt-5.2");
  CHECK(!has_answer());
  provide(list_answer({listed_model("new", -1)}));
  CHECK_EQ(next<model_list>().models.front().model, "new");
  CHECK_EQ(script->asked.size(), 1U);
}

SCENARIO("a thousand lists wait for one fetch") {
  start();
  for (int i = 0; i < 1000; ++i)
    ask(list_models{i % 2 == 0 ? online : online_if_uncached});
  CHECK_EQ(script->asked.size(), 1U);
  CHECK(!has_answer());
  provide(list_answer({listed_model("new", -1)}));
  for (int i = 0; i < 1000; ++i)
    CHECK_EQ(next<model_list>().models.front().model, "new");
  CHECK_EQ(script->asked.size(), 1U);
}

SCENARIO("fetches and looks into the cache are timed, failed ones too") {
  script->answers = {list_answer({listed_model("new")}), failed_answer("timeout")};
  start();
  listed(refresh_strategy::online_if_uncached);
  listed(refresh_strategy::online);
  caf::telemetry::collector::prometheus collector;
  const auto page = collector.collect_from(sys.metrics());
  const std::string_view text{page.data(), page.size()};
  CHECK(text.find("\ncodex_remote_models_fetch_update_duration_ms_count 2") != text.npos);
  CHECK(text.find("\ncodex_remote_models_load_cache_duration_ms_count 1") != text.npos);
}

SCENARIO("too many that wait are refused at once") {
  deps.limits.waiting = 2;
  start();
  for (int i = 0; i < 3; ++i)
    ask(list_models{online});
  CHECK(next_error() == errc::queue_full);
  provide(list_answer({}));
  next<model_list>();
  next<model_list>();
}

SCENARIO("during a refresh the try questions say so at once, after it they answer") {
  start();
  ask(list_models{online});
  ask(try_list_models{});
  CHECK(next_error() == errc::models_busy);
  ask(try_list_picker_models{});
  CHECK(next_error() == errc::models_busy);
  ask(try_list_model_switcher_models{});
  CHECK(next_error() == errc::models_busy);
  ask(try_is_official_openai_model{"gpt-5.2", "openai"});
  CHECK(next_error() == errc::models_busy);
  provide(list_answer({listed_model("new", -1)}));
  next<model_list>();
  CHECK_EQ(slugs(answer_to<model_list>(try_list_models{})).front(), "new");
  CHECK_EQ(slugs(answer_to<model_list>(try_list_picker_models{})).front(), "new");
  CHECK_EQ(slugs(answer_to<model_list>(try_list_model_switcher_models{})).front(), "new");
  CHECK(answer_to<bool>(try_is_official_openai_model{"gpt-5.2", "openai"}));
  CHECK(!answer_to<bool>(try_is_official_openai_model{"zzz", "openai"}));
  CHECK_EQ(script->asked.size(), 1U);
}

SCENARIO("pickers and switchers refresh by their strategy, too") {
  script->answers = {list_answer({listed_model("new", -1)}),
                     list_answer({listed_model("newer", -1)})};
  start();
  CHECK_EQ(slugs(answer_to<model_list>(list_picker_models{online})).front(), "new");
  CHECK_EQ(slugs(answer_to<model_list>(list_model_switcher_models{online})).front(), "newer");
}

SCENARIO("a given default model is taken as it is, without a request") {
  start();
  CHECK_EQ(answer_to<chosen_model>(get_default_model{"x", online}).slug, "x");
  CHECK(script->asked.empty());
}

SCENARIO("without a given model the default is that of the refreshed list") {
  script->answers = {list_answer({listed_model("new", -1)})};
  start();
  CHECK_EQ(answer_to<chosen_model>(get_default_model{}).slug, "new");
  CHECK_EQ(script->asked.size(), 1U);
}

SCENARIO("identities and modes are those of the program") {
  start();
  CHECK_EQ(answer_to<identity_list>(list_identities{}).identities.size(), 5U);
  const auto modes = answer_to<collaboration_mode_list>(list_collaboration_modes{}).modes;
  REQUIRE_EQ(modes.size(), 2U);
  CHECK_EQ(modes[0].name, "Plan");
  CHECK_EQ(modes[1].name, "Default");
}

SCENARIO("a provider's cache is its own and is used again after switching back") {
  script->answers = {list_answer({listed_model("at-openai", -1)}),
                     list_answer({listed_model("at-local", -1)})};
  start();
  CHECK_EQ(listed(online).front(), "at-openai");
  change(switch_provider{"local"});
  const auto bundled = answer_to<model_list>(try_list_models{});
  CHECK_EQ(bundled.models.front().model, "gpt-5.2-codex");
  const auto local = answer_to<model_list>(list_models{online_if_uncached});
  CHECK_EQ(local.models.front().model, "at-local");
  CHECK_EQ(local.models.front().model_provider_id, "local");
  CHECK_EQ(script->asked.back().provider, "local");
  change(switch_provider{"openai"});
  const auto back = answer_to<model_list>(list_models{online_if_uncached});
  CHECK_EQ(back.models.front().model, "at-openai");
  CHECK_EQ(back.models.front().model_provider_id, "openai");
  CHECK_EQ(script->asked.size(), 2U);
  CHECK(cached("local").has_value());
}

SCENARIO("an unknown provider is refused and changes nothing") {
  start();
  CHECK(change(switch_provider{"nobody"}) == errc::no_such_provider);
  CHECK_EQ(listed(offline).front(), "gpt-5.2-codex");
}

SCENARIO("a provider without a list has no presets, no requests and no default") {
  start();
  change(switch_provider{"bare"});
  CHECK(listed(online).empty());
  ask(get_default_model{});
  CHECK(next_error() == errc::no_such_model);
  CHECK_EQ(answer_to<chosen_model>(get_default_model{"m", online}).slug, "m");
  CHECK_EQ(facts("gpt-5.2").info->slug, "gpt-5.2");
  CHECK(script->asked.empty());
}

SCENARIO("who waits when the provider changes gets the new one's list") {
  start();
  ask(list_models{online});
  change(switch_provider{"local"});
  CHECK_EQ(script->asked.size(), 2U);
  provide(list_answer({listed_model("at-openai", -1)}));
  CHECK(!cached().has_value());
  provide(list_answer({listed_model("at-local", -1)}));
  CHECK_EQ(slugs(next<model_list>()).front(), "at-local");
}

SCENARIO("another account forgets the list and its cache") {
  script->answers = {list_answer({listed_model("mine", -1)})};
  start();
  ask(login_changed{login_mode::chatgpt, "account-1"});
  CHECK_EQ(listed(online).front(), "mine");
  CHECK(cached().has_value());
  ask(login_changed{login_mode::chatgpt, "account-2"});
  CHECK_EQ(listed(offline).front(), "gpt-5.2-codex");
  CHECK(!cached().has_value());
}

SCENARIO("a login that is lost takes the list with it") {
  auto hidden = listed_model("web-only", -1);
  hidden.supported_in_api = false;
  script->answers = {list_answer({hidden})};
  start();
  CHECK_EQ(listed(online).front(), "web-only");
  ask(login_changed{login_mode::none, std::nullopt});
  CHECK_EQ(listed(offline).front(), "gpt-5.2-codex");
  CHECK(!cached().has_value());
}

SCENARIO("an answer for the old login is not used and not kept") {
  start();
  ask(list_models{online});
  ask(login_changed{login_mode::api_key, std::nullopt});
  next<model_list>();
  provide(list_answer({listed_model("mine", -1)}));
  CHECK_EQ(listed(online).front(), "gpt-5.2-codex");
  CHECK(!cached().has_value());
  CHECK_EQ(script->asked.size(), 1U);
}

SCENARIO("a file that is being written for the old login is dropped after it") {
  start();
  ask(login_changed{login_mode::chatgpt, "account-1"});
  holds_jobs = true;
  ask(list_models{online});
  provide(list_answer({listed_model("mine", -1)}));
  ask(login_changed{login_mode::chatgpt, "account-2"});
  CHECK_EQ(jobs.size(), 1U);
  run_jobs(); // the old list is written now
  run_jobs(); // and dropped
  CHECK(!cached().has_value());
}

SCENARIO("the same login again is no change") {
  script->answers = {list_answer({listed_model("mine", -1)})};
  start();
  CHECK_EQ(listed(online).front(), "mine");
  ask(login_changed{login_mode::chatgpt, "account-1"});
  ask(login_changed{login_mode::chatgpt, "account-1"});
  CHECK_EQ(listed(offline).front(), "mine");
}

SCENARIO(
  "a ChatGPT login's list is fetched at the start, in the background, where that is wanted") {
  deps.reach = models_manager::list_reach::provider_at_start;
  start();
  CHECK_EQ(script->asked.size(), 1U);
  CHECK_EQ(facts("").info->slug, "gpt-5.2-codex");
  provide(list_answer({listed_model("new", -1)}));
  CHECK_EQ(facts("").info->slug, "new");
  restart();
  CHECK_EQ(script->asked.size(), 1U);
  CHECK_EQ(facts("").info->slug, "new");
}

SCENARIO("nothing is fetched unasked without a ChatGPT login or from a provider without logins") {
  deps.reach = models_manager::list_reach::provider_at_start;
  deps.knowledge.login = config::login_kind::none;
  start();
  stop();
  deps.knowledge.login = config::login_kind::chatgpt;
  deps.knowledge.provider = models_manager::traits_of("local", deps.providers["local"], {});
  start();
  CHECK(script->asked.empty());
}

SCENARIO("a simulated run neither asks nor keeps nor reads") {
  cache({listed_model("cached", -1)});
  deps.reach = models_manager::list_reach::nothing;
  start();
  CHECK_EQ(listed(online).front(), "gpt-5.2-codex");
  ask(refresh_if_new_etag{"openai", "x"});
  CHECK(script->asked.empty());
  stop();
  deps.reach = models_manager::list_reach::provider_at_start;
  deps.knowledge.provider.is_simulated = true;
  start();
  CHECK_EQ(listed(online).front(), "gpt-5.2-codex");
  CHECK(script->asked.empty());
}

SCENARIO("a stop answers those who wait") {
  start();
  ask(list_models{online});
  stop();
  CHECK(next_error() == errc::shutting_down);
}

SCENARIO("a disk that hangs ends the wait with what is known") {
  start();
  holds_jobs = true;
  ask(list_models{online_if_uncached});
  CHECK(!has_answer());
  let_pass(deps.limits.step);
  provide(list_answer({listed_model("new", -1)}));
  let_pass(deps.limits.step);
  const auto list = next<model_list>();
  CHECK_EQ(list.models.front().model, "gpt-5.2-codex");
  CHECK_EQ(list.problem, "it took too long");
  run_jobs(); // the disk is back: nobody listens any more
  CHECK_EQ(slugs(answer_to<model_list>(try_list_models{})).front(), "gpt-5.2-codex");
}

SCENARIO("a restarted model client is asked from then on") {
  start();
  const auto other = std::make_shared<provider_script>();
  other->answers = {list_answer({listed_model("new", -1)})};
  const auto client = sys.spawn(list_client, other);
  ask(model_sources{.client = client, .auth = {}});
  CHECK_EQ(listed(online).front(), "new");
  CHECK(script->asked.empty());
  ask(model_sources{.client = deps.sources.client, .auth = {}});
  self->send_exit(client, caf::exit_reason::user_shutdown);
  run();
}

SCENARIO("the auth manager tells who is logged in, a restarted one, too") {
  const auto script = std::make_shared<auth_script>();
  const auto auth = sys.spawn(scripted_auth, script);
  deps.sources.auth = auth;
  cache({listed_model("mine", -1)});
  start();
  REQUIRE_EQ(script->watchers.size(), 1U);
  CHECK(script->watchers[0] == uut);
  const auto other = sys.spawn(scripted_auth, script);
  ask(model_sources{.client = deps.sources.client, .auth = other});
  CHECK_EQ(script->watchers.size(), 2U);
  ask(model_sources{.client = deps.sources.client, .auth = other});
  CHECK_EQ(script->watchers.size(), 2U);
  script->watchers.clear();
  stop();
  for (const auto& x : {auth, other})
    self->send_exit(x, caf::exit_reason::user_shutdown);
  deps.sources.auth = nullptr;
  run();
}

END_FIXTURE_SCOPE()
