#pragma once

#include "actors/models_manager/models_manager_actor.hpp"
#include "tests/support/fake_services.hpp"
#include "tests/support/temp_folder.hpp"

#include <caf/test/bdd_dsl.hpp>
#include <caf/typed_response_promise.hpp>

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

/// A models manager whose provider, files and clocks are the test's.
namespace troupe::testing {

/// What the fake provider was asked, and what it says. Without answers a question stays open until
/// the test answers it.
struct provider_script {
  std::vector<fetch_models> asked;
  std::deque<fetched_models> answers;
  std::deque<caf::typed_response_promise<fetched_models>> open;

  fetched_models take_answer() {
    auto result = std::move(answers.front());
    answers.pop_front();
    return result;
  }
};

using provider_script_ptr = std::shared_ptr<provider_script>;

/// A model client that knows nothing but lists; `ok_atom` lets it answer its oldest open question.
using list_client_actor = model_client_actor::extend<caf::result<void>(caf::ok_atom)>;

inline list_client_actor::behavior_type list_client(list_client_actor::pointer self,
                                                    provider_script_ptr script) {
  const auto refuse = [] { return caf::make_error(errc::invalid_request, "not of this test"); };
  return {[refuse](const open_stream&, const stream_consumer_actor&) -> caf::result<stream_opened> {
            return refuse();
          },
          [](const stream_credit&) -> caf::result<void> { return caf::unit; },
          [](const cancel_stream&) -> caf::result<void> { return caf::unit; },
          [](const prepare_connection&) -> caf::result<void> { return caf::unit; },
          [](const close_connection&) -> caf::result<void> { return caf::unit; },
          [refuse](const compact_history&) -> caf::result<compacted_history> { return refuse(); },
          [refuse](const summarise_traces&) -> caf::result<trace_summaries> { return refuse(); },
          [self, script](const fetch_models& x) -> caf::result<fetched_models> {
            script->asked.push_back(x);
            if (script->answers.empty()) {
              script->open.push_back(self->make_response_promise<fetched_models>());
              return script->open.back();
            }
            return script->take_answer();
          },
          [](const auth_changed&) -> caf::result<void> { return caf::unit; },
          [script](caf::ok_atom) -> caf::result<void> {
            script->open.front().deliver(script->take_answer());
            script->open.pop_front();
            return caf::unit;
          }};
}

inline model_info listed_model(std::string slug, std::int32_t priority = 0,
                               model_visibility visibility = model_visibility::list) {
  auto x = config::fallback_model(slug);
  x.priority = priority;
  x.visibility = visibility;
  return x;
}

inline fetched_models list_answer(const std::vector<model_info>& models,
                                  std::optional<std::string> etag = std::nullopt) {
  return {.body = shared_text{config::print_catalogue(models)},
          .etag = std::move(etag),
          .error = std::nullopt};
}

inline fetched_models failed_answer(std::string message) {
  return {.body = {},
          .etag = std::nullopt,
          .error = model_error{.code = model_errc::timeout, .message = std::move(message)}};
}

struct manager_fixture : test_coordinator_fixture<> {
  using texts = std::vector<std::string>;

  manager_fixture() {
    client = sys.spawn(list_client, script);
    deps.sources.client = client;
    deps.post = [this](std::function<void()> run) {
      if (holds_jobs)
        jobs.push_back(std::move(run));
      else
        run();
    };
    config::provider openai;
    openai.name = "OpenAI";
    openai.requires_openai_auth = true;
    config::provider local;
    local.name = "local";
    config::provider bare = local;
    bare.lists_models = false;
    deps.providers = {{"openai", openai}, {"local", local}, {"bare", bare}};
    deps.knowledge.login = config::login_kind::chatgpt;
    deps.reach = models_manager::list_reach::provider;
    deps.home = home.path();
    deps.client_version = "1.2.3-alpha.4";
    deps.now = [this] { return now; };
    deps.steady_now = [this] { return steady; };
  }

  ~manager_fixture() {
    stop();
    self->send_exit(client, caf::exit_reason::user_shutdown);
    run();
    script->open.clear();
  }

  /// Messages only: no time passes, so nothing times out.
  void run() { sched.run(); }

  void let_pass(std::chrono::milliseconds time) {
    sched.clock().current_time += time;
    sched.trigger_timeouts();
    run();
  }

  void start() {
    uut = models_manager::spawn(sys, deps);
    run();
  }

  void stop() {
    if (!uut)
      return;
    self->send_exit(uut, caf::exit_reason::user_shutdown);
    uut = nullptr;
    run();
  }

  void restart() {
    stop();
    start();
  }

  /// Sends a question; the answer may come later.
  template <class Request>
  void ask(Request x) {
    self->send(uut, std::move(x));
    run();
  }

  /// The next answer of that type. There must be one.
  template <class Answer>
  Answer next() {
    Answer result;
    bool has_come = false;
    self->receive(
      [&](Answer& x) {
        result = std::move(x);
        has_come = true;
      },
      [&](caf::error& x) { CAF_FAIL("an error came: " << to_string(x)); },
      caf::after(std::chrono::milliseconds{0}) >> [] {});
    if (!has_come)
      CAF_FAIL("no answer");
    return result;
  }

  template <class Answer, class Request>
  Answer answer_to(Request x) {
    ask(std::move(x));
    return next<Answer>();
  }

  /// Asks for something that has no other answer than being done, at once.
  template <class Request>
  errc change(Request x) {
    auto result = errc::internal;
    auto answer = self->request(uut, caf::infinite, std::move(x));
    run();
    if (!has_answer())
      CAF_FAIL("no answer");
    answer.receive([&] { result = errc::no_error; },
                   [&](caf::error& error) { result = static_cast<errc>(error.code()); });
    return result;
  }

  /// The code of the next answer, which must be an error.
  errc next_error() {
    errc result = errc::no_error;
    self->receive(
      [&](caf::error& x) {
        if (x.category() == caf::type_id_v<errc>)
          result = static_cast<errc>(x.code());
      },
      caf::after(std::chrono::milliseconds{0}) >> [] {});
    return result;
  }

  bool has_answer() { return !self->mailbox().empty(); }

  texts listed(refresh_strategy x) { return slugs(answer_to<model_list>(list_models{x})); }

  static texts slugs(const model_list& x) {
    texts result;
    for (const auto& preset : x.models)
      result.push_back(preset.model);
    return result;
  }

  static std::string default_of(const model_list& x) {
    std::string result;
    for (const auto& preset : x.models)
      if (preset.is_default)
        result += preset.model;
    return result;
  }

  /// Answers the oldest open question of the provider.
  void provide(fetched_models x) {
    REQUIRE(!script->open.empty());
    script->answers.push_back(std::move(x));
    caf::anon_send(client, caf::ok_atom_v);
    run();
  }

  void run_jobs() {
    for (auto& job : std::exchange(jobs, {}))
      job();
    run();
  }

  models_manager::cache_place place(std::string provider = "openai") const {
    return {.home = home.path(), .provider = std::move(provider), .client_version = "1.2.3"};
  }

  /// As another process, or an earlier one, left it.
  void cache(std::vector<model_info> models, std::string etag = "e",
             std::chrono::seconds age = std::chrono::seconds{0}) {
    CHECK(models_manager::save_cache(place(), {.fetched_at = now - age,
                                               .etag = std::move(etag),
                                               .client_version = "1.2.3",
                                               .models = std::move(models)})
            .empty());
  }

  std::optional<models_manager::cached_models> cached(std::string provider = "openai") const {
    return models_manager::load_cache(place(std::move(provider)), now).hit;
  }

  test::temp_folder home;
  provider_script_ptr script = std::make_shared<provider_script>();
  list_client_actor client;
  models_manager::dependencies deps;
  models_manager_actor uut;
  bool holds_jobs = false;
  std::vector<std::function<void()>> jobs;
  models_manager::cache_time now{std::chrono::hours{500'000}};
  models_manager::refresh_desk::time_point steady{std::chrono::hours{1}};
};

} // namespace troupe::testing
