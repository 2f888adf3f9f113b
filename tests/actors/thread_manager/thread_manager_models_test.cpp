#define CAF_SUITE thread_manager_models
#include <caf/test/bdd_dsl.hpp>

#include "actors/thread_manager/thread_manager_actor.hpp"
#include "tests/support/ask.hpp"
#include "tests/support/fake_services.hpp"

#include <caf/typed_response_promise.hpp>

using namespace troupe;
using namespace troupe::testing;

namespace {

/// What a models manager was asked, and the questions that it has not answered.
struct models_log {
  std::vector<caf::typed_response_promise<model_list>> open_lists;
  model_list answer; ///< to them
  std::vector<std::string> providers;
  std::vector<refresh_if_new_etag> notices;
  std::size_t facts = 0;
};

/// It answers them when it is told of its sources: promises are for the actor's own thread.
using models_log_ptr = std::shared_ptr<models_log>;

models_manager_actor::behavior_type slow_models(models_manager_actor::pointer self,
                                                models_log_ptr log) {
  const auto wait = [self, log] {
    auto answer = self->make_response_promise<model_list>();
    log->open_lists.push_back(answer);
    return caf::result<model_list>{answer};
  };
  const auto at_once = [] { return caf::result<model_list>{model_list{}}; };
  return {
    [log](const get_model_info& x) -> caf::result<model_facts> {
      ++log->facts;
      return fake_model(x.slug);
    },
    [wait](const list_models&) { return wait(); },
    [at_once](const list_picker_models&) { return at_once(); },
    [at_once](const list_model_switcher_models&) { return at_once(); },
    [](const try_list_models&) -> caf::result<model_list> {
      return caf::make_error(errc::models_busy);
    },
    [at_once](const try_list_picker_models&) { return at_once(); },
    [at_once](const try_list_model_switcher_models&) { return at_once(); },
    [](const try_is_official_openai_model& x) -> caf::result<bool> { return x.model == "gpt-5"; },
    [](const get_default_model&) -> caf::result<chosen_model> {
      return chosen_model{"chosen-model"};
    },
    [log](const switch_provider& x) -> caf::result<void> {
      if (x.provider == "unknown")
        return caf::make_error(errc::no_such_provider, "there is no provider unknown");
      log->providers.push_back(x.provider);
      return caf::unit;
    },
    [](const list_identities&) -> caf::result<identity_list> {
      return identity_list{{identity_mask{.name = "somebody"}}};
    },
    [](const list_collaboration_modes&) -> caf::result<collaboration_mode_list> {
      return collaboration_mode_list{};
    },
    [log](const refresh_if_new_etag& x) -> caf::result<void> {
      log->notices.push_back(x);
      return caf::unit;
    },
    [](const login_changed&) -> caf::result<void> { return caf::unit; },
    [log](const model_sources&) -> caf::result<void> {
      for (auto& answer : std::exchange(log->open_lists, {}))
        answer.deliver(log->answer);
      return caf::unit;
    },
  };
}

struct fixture : test_coordinator_fixture<> {
  service_log_ptr log = std::make_shared<service_log>();
  models_log_ptr models = std::make_shared<models_log>();
  services_changed services = with_slow_models(spawn_fake_services(sys, log));
  thread_manager_actor uut;

  fixture() {
    uut = thread_manager::spawn(
      sys, {.thread = {.services = services,
                       .tools = [](const model_info&,
                                   const thread_config&) { return shared_text{"[]"}; },
                       .tmpdir = {}},
            .node = {"here"},
            .limits = {.live_threads = 5'000, .starting_threads = 5'000},
            .find_provider = [](const std::string& id) {
              return std::optional{thread_provider{.id = id, .stream_max_retries = 9}};
            }});
    run();
  }

  ~fixture() {
    caf::anon_send(services.models, model_sources{}); // nobody is left waiting
    caf::anon_send_exit(uut, caf::exit_reason::user_shutdown);
    run();
    end_services(services);
    *log = {};
    run();
  }

  services_changed with_slow_models(services_changed x) {
    caf::anon_send_exit(x.models, caf::exit_reason::user_shutdown);
    x.models = sys.spawn(slow_models, models);
    return x;
  }

  template <class Result, class Message>
  caf::expected<Result> ask(Message msg) {
    return troupe::testing::ask_for<Result>(*this, uut, std::move(msg));
  }

  caf::error order(switch_provider x) {
    return troupe::testing::order_from(*this, uut, std::move(x));
  }

  auto begin(std::string provider = "test", std::string model = "m") {
    thread_config config;
    config.cwd = "/work";
    config.provider = std::move(provider);
    config.model = std::move(model);
    return self->request(uut, caf::infinite, start_thread{std::move(config)});
  }

  template <class Pending>
  thread_id started(Pending& x) {
    thread_id result;
    x.receive([&](thread_started& answer) { result = answer.thread; },
              [](caf::error& err) { CAF_FAIL(to_string(err)); });
    return result;
  }

  void answer_list(model_list x = {}) {
    REQUIRE_EQ(models->open_lists.size(), 1u);
    models->answer = std::move(x);
    caf::anon_send(services.models, model_sources{});
    run();
  }

  void say(const thread_id& thread) {
    CHECK(ask<submitted>(submit_to_thread{thread, {{}, user_input{{text_input{"go"}}, {}}}}));
  }

  void model_answers() {
    caf::anon_send(log->consumer, model_events{log->streams.back().stream, one_message("ok")});
    run();
  }
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("a thousand starts wait for one list of models, later ones for none") {
  std::vector<decltype(begin())> all;
  for (int i = 0; i < 1'000; ++i)
    all.push_back(begin());
  run();
  CHECK_EQ(models->open_lists.size(), 1u);
  CHECK_EQ(models->facts, 0u);
  answer_list();
  for (auto& one : all)
    started(one);
  CHECK_EQ(models->facts, 1'000u);
  auto late = begin();
  run();
  CHECK(models->open_lists.empty());
  started(late);
}

SCENARIO("a thread whose model comes with the program does not wait for the list it asks for") {
  auto one = begin("test", "gpt-5.2");
  run();
  CHECK_EQ(models->open_lists.size(), 1u);
  started(one);
  answer_list();
}

SCENARIO("starts go on with what is known when the list does not come") {
  auto one = begin();
  run();
  answer_list({.models = {}, .problem = "timeout"});
  started(one);
  auto two = begin();
  run();
  CHECK(models->open_lists.empty());
  started(two);
}

SCENARIO("a thread without a model gets the one that is chosen when the list is known") {
  auto one = begin("test", "");
  run();
  answer_list();
  const auto id = started(one);
  CHECK_EQ(ask<thread_summary>(thread_status_request{id})->model, "chosen-model");
}

SCENARIO("questions about models go on to the models manager, and so do its refusals") {
  CHECK(ask<model_list>(list_picker_models{}));
  CHECK(ask<model_list>(list_model_switcher_models{}));
  CHECK(ask<model_list>(try_list_models{}).error() == errc::models_busy);
  CHECK(ask<model_list>(try_list_picker_models{}));
  CHECK(ask<model_list>(try_list_model_switcher_models{}));
  CHECK(*ask<bool>(try_is_official_openai_model{"gpt-5", "openai"}));
  CHECK_EQ(ask<chosen_model>(get_default_model{})->slug, "chosen-model");
  CHECK_EQ(ask<identity_list>(list_identities{})->identities[0].name, "somebody");
  CHECK(ask<collaboration_mode_list>(list_collaboration_modes{}));
  CHECK(ask<model_facts>(get_model_info{}));
  auto listed = self->request(uut, caf::infinite, list_models{});
  run();
  answer_list();
  listed.receive([](const model_list&) {}, [](caf::error& err) { CAF_FAIL(to_string(err)); });
}

SCENARIO("a switch reaches every live thread at its next turn, and threads that name no provider") {
  auto one = begin();
  auto two = begin();
  run();
  answer_list();
  const auto first = started(one);
  const auto second = started(two);
  say(first);
  CHECK(!order({"other"}));
  CHECK_EQ(models->providers, std::vector<std::string>{"other"});
  CHECK_EQ(log->streams.back().request.provider, "test");
  model_answers();
  say(first);
  CHECK_EQ(log->streams.back().request.provider, "other");
  say(second);
  CHECK_EQ(log->streams.back().request.provider, "other");
  auto follower = begin("");
  auto loner = begin("mine");
  run();
  answer_list(); // of the new provider: asked once more
  say(started(follower));
  CHECK_EQ(log->streams.back().request.provider, "other");
  say(started(loner));
  CHECK_EQ(log->streams.back().request.provider, "mine");
}

SCENARIO("a list that a response names is told to the models manager, and the turn goes on") {
  auto one = begin();
  run();
  answer_list();
  const auto id = started(one);
  say(id);
  const auto stream = log->streams.back().stream;
  caf::anon_send(log->consumer, model_events{stream, {models_etag_seen{"\"v2\""}}});
  run();
  REQUIRE_EQ(models->notices.size(), 1u);
  CHECK_EQ(models->notices[0], (refresh_if_new_etag{"test", "\"v2\""}));
  model_answers();
  CHECK_EQ(ask<thread_summary>(thread_status_request{id})->turn, "");
}

SCENARIO("a switch that the models manager refuses changes nothing") {
  auto one = begin();
  run();
  answer_list();
  const auto id = started(one);
  CHECK(order({"unknown"}) == errc::no_such_provider);
  say(id);
  CHECK_EQ(log->streams.back().request.provider, "test");
}

SCENARIO("a models manager that was restarted is told of the provider") {
  CHECK(!order({"other"}));
  models->providers.clear();
  auto changed = services;
  changed.models = sys.spawn(slow_models, models);
  caf::anon_send(uut, changed);
  run();
  CHECK_EQ(models->providers, std::vector<std::string>{"other"});
  caf::anon_send_exit(changed.models, caf::exit_reason::user_shutdown);
}

END_FIXTURE_SCOPE()
