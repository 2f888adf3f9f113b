#include "actors/models_manager/models_manager_actor.hpp"

#include "actors/common/harden.hpp"
#include "actors/models_manager/list_metrics.hpp"
#include "config/log.hpp"
#include "config/modes.hpp"

#include <caf/actor_system.hpp>
#include <caf/disposable.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <fmt/format.h>

#include <memory>
#include <set>
#include <unordered_map>
#include <utility>

namespace troupe::models_manager {

namespace {

/// What the actor understands beside its interface: the job of this step is over.
using shell_actor = models_manager_actor::extend<caf::result<void>(caf::ok_atom, std::uint64_t)>;

enum class reply : std::uint8_t { answer, refuse };

/// Keeps a question until its refresh is over.
using question = std::function<void(reply)>;

cache_place place_of(const dependencies& deps, const model_knowledge& known) {
  return {.home = deps.home,
          .provider = known.provider.id,
          .client_version = std::string{whole_version(deps.client_version)},
          .lifetime = deps.cache_lifetime};
}

void log_remarks(const job_result& x) {
  for (const auto& remark : x.remarks)
    log::warning("{}", remark);
}

/// What the cache held at the start.
struct first_list {
  bool is_cached = false;
  std::optional<std::string> etag;
};

first_list read_first_list(dependencies& deps) {
  if (deps.reach == list_reach::nothing || !may_refresh(deps.knowledge))
    return {};
  auto cached = load_models(place_of(deps, deps.knowledge), deps.now());
  log_remarks(cached);
  if (!cached.models)
    return {};
  deps.knowledge.models = *std::move(cached.models);
  return {.is_cached = true, .etag = std::move(cached.etag)};
}

class state {
public:
  state(shell_actor::pointer self, dependencies deps, first_list first)
    : self_(self), deps_(std::move(deps)), answers_(std::move(deps_.knowledge)),
      was_cached_(first.is_cached) {
    harden(self_);
    self_->set_exit_handler([this](caf::exit_msg& x) { on_exit(x); });
    desk_.assume(std::move(first.etag));
  }

  shell_actor::behavior_type make_behavior() {
    if (deps_.sources.auth)
      watch();
    if (!was_cached_)
      refresh_for_login();
    return {
      [this](const get_model_info& x) { return on_model_info(x); },
      [this](const list_models& x) { return on_list(x); },
      [this](const list_picker_models& x) { return listed(x.strategy, &model_answers::picker); },
      [this](const list_model_switcher_models& x) {
        return listed(x.strategy, &model_answers::switcher);
      },
      [this](const try_list_models&) { return known(&model_answers::all); },
      [this](const try_list_picker_models&) { return known(&model_answers::picker); },
      [this](const try_list_model_switcher_models&) { return known(&model_answers::switcher); },
      [this](const try_is_official_openai_model& x) { return on_official(x); },
      [this](const get_default_model& x) { return on_default_model(x); },
      [this](const switch_provider& x) { return on_switch(x); },
      [](const list_identities&) -> caf::result<identity_list> {
        return identity_list{config::builtin_identities()};
      },
      [](const list_collaboration_modes&) -> caf::result<collaboration_mode_list> {
        return collaboration_mode_list{config::builtin_modes()};
      },
      [this](const refresh_if_new_etag& x) { return on_notice(x); },
      [this](const login_changed& x) { return on_login(x); },
      [this](const model_sources& x) { return on_sources(x); },
      [this](caf::ok_atom, std::uint64_t step) { return on_job_over(step); },
    };
  }

  static inline const char* name = "models-manager";

private:
  const model_knowledge& knowledge() const { return answers_.knowledge(); }

  void watch() {
    self_->request(deps_.sources.auth, caf::infinite, watch_login{login_watcher_actor{self_}})
      .then([] {},
            [](const caf::error& x) {
              log::warning("models: the login is not known: {}", to_string(x));
            });
  }

  bool is_allowed(catalogue_use use) const {
    return deps_.reach != list_reach::nothing && may_refresh(knowledge(), use);
  }

  /// The list that a ChatGPT login sees is worth a request that nobody has asked for.
  void refresh_for_login() {
    if (deps_.reach == list_reach::provider_at_start && knowledge().provider.uses_login &&
        knowledge().login == config::login_kind::chatgpt && is_allowed(catalogue_use::configured))
      desk_.refresh_unasked();
    carry_out();
  }

  cache_place place() const { return place_of(deps_, knowledge()); }

  // ---- questions ------------------------------------------------------------------------------

  caf::result<model_facts> on_model_info(const get_model_info& x) {
    const auto& facts = answers_.facts(x);
    const auto& slug = facts.info->slug;
    if (answers_.is_guess(slug) && warned_.size() < deps_.limits.warned_slugs &&
        warned_.insert(slug).second)
      log::warning("model `{}` is unknown; general values are assumed for it", slug);
    return facts;
  }

  template <class List>
  caf::result<model_list> known(List list) {
    if (desk_.is_busy())
      return busy();
    return named((answers_.*list)());
  }

  static caf::error busy() {
    return caf::make_error(errc::models_busy,
                           "the list of models is being brought up to date; try again");
  }

  caf::result<bool> on_official(const try_is_official_openai_model& x) {
    if (desk_.is_busy())
      return busy();
    return answers_.is_official(x);
  }

  model_list named(model_list x) const {
    x.problem = desk_.problem();
    return x;
  }

  template <class List>
  caf::result<model_list> listed(refresh_strategy strategy, List list) {
    return refreshed<model_list>(strategy, catalogue_use::configured,
                                 [this, list] { return named((answers_.*list)()); });
  }

  caf::result<model_list> on_list(const list_models& x) {
    return refreshed<model_list>(x.strategy, x.use,
                                 [this, use = x.use] { return named(answers_.list(use)); });
  }

  caf::result<chosen_model> on_default_model(const get_default_model& x) {
    if (x.model)
      return chosen_model{*x.model};
    return refreshed<chosen_model>(x.strategy, catalogue_use::configured,
                                   [this] { return chosen_model{default_model(answers_.all())}; });
  }

  /// Answers with `answer` after the refresh that `strategy` asks for.
  template <class Answer, class F>
  caf::result<Answer> refreshed(refresh_strategy strategy, catalogue_use use, F answer) {
    auto promise = self_->make_response_promise<Answer>();
    auto reply_to = [this, promise, answer = std::move(answer)](reply x) mutable {
      if (x == reply::refuse)
        return promise.deliver(stopping());
      auto value = answer();
      if constexpr (std::is_same_v<Answer, chosen_model>)
        if (value.slug.empty())
          return promise.deliver(no_default());
      promise.deliver(std::move(value));
    };
    if (!is_allowed(use)) {
      reply_to(reply::answer);
      return promise;
    }
    if (questions_.size() >= deps_.limits.waiting) {
      promise.deliver(caf::make_error(errc::queue_full, "too many wait for the list of models"));
      return promise;
    }
    questions_.emplace(++last_ticket_, std::move(reply_to));
    desk_.ask(last_ticket_, strategy);
    carry_out();
    return promise;
  }

  static caf::error stopping() {
    return caf::make_error(errc::shutting_down, "the models manager stops");
  }

  caf::error no_default() const {
    return caf::make_error(errc::no_such_model,
                           fmt::format("provider `{}` has no list of models to choose from; name "
                                       "one with the setting `model`",
                                       knowledge().provider.id));
  }

  // ---- news -----------------------------------------------------------------------------------

  caf::result<void> on_notice(const refresh_if_new_etag& x) {
    if (x.provider != knowledge().provider.id || !is_allowed(catalogue_use::configured))
      return caf::unit;
    desk_.on_notice(x.etag, deps_.steady_now());
    carry_out();
    return caf::unit;
  }

  caf::result<void> on_switch(const switch_provider& x) {
    const auto found = deps_.providers.find(x.provider);
    if (found == deps_.providers.end())
      return caf::make_error(errc::no_such_provider,
                             fmt::format("Model provider `{}` not found", x.provider));
    start_again(refresh_desk::old_cache::keep, [&](model_knowledge& known) {
      known.provider = traits_of(found->first, found->second, deps_.environment);
    });
    auto promise = self_->make_response_promise<void>();
    question reply_to = [promise](reply answer) mutable {
      answer == reply::answer ? promise.deliver() : promise.deliver(stopping());
    };
    if (is_allowed(catalogue_use::configured)) {
      questions_.emplace(++last_ticket_, std::move(reply_to));
      desk_.ask(last_ticket_, refresh_strategy::offline);
      carry_out();
    } else {
      reply_to(reply::answer);
    }
    return promise;
  }

  caf::result<void> on_login(const login_changed& x) {
    const auto before = std::exchange(login_, x);
    const auto kind = config::kind_of(x.mode);
    const bool is_same = before ? before == x : kind == knowledge().login;
    if (is_same)
      return caf::unit;
    const bool had_list = knowledge().login == config::login_kind::chatgpt;
    if (!knowledge().provider.uses_login) {
      answers_.change([&](model_knowledge& known) { known.login = kind; });
      return caf::unit;
    }
    start_again(had_list ? refresh_desk::old_cache::drop : refresh_desk::old_cache::keep,
                [&](model_knowledge& known) { known.login = kind; });
    refresh_for_login();
    return caf::unit;
  }

  /// Forgets the list and whatever is under way for it.
  template <class Change>
  void start_again(refresh_desk::old_cache cache, Change change) {
    answers_.change([&](model_knowledge& known) {
      change(known);
      forget_models(known);
    });
    const bool drops = cache == refresh_desk::old_cache::drop && deps_.reach != list_reach::nothing;
    step_ = 0; // a job that runs is not heard, but waited for: it may still write
    desk_.start_again(drops ? cache : refresh_desk::old_cache::keep);
    if (!is_allowed(catalogue_use::configured))
      desk_.settle_all();
    carry_out();
  }

  caf::result<void> on_sources(const model_sources& x) {
    const bool is_other_auth = x.auth != deps_.sources.auth;
    deps_.sources = x;
    if (is_other_auth && x.auth)
      watch();
    return caf::unit;
  }

  // ---- refreshes ------------------------------------------------------------------------------

  /// Answers what is settled and begins what is ordered.
  void carry_out() {
    for (const auto whose : desk_.take_settled())
      if (auto found = questions_.extract(whose))
        found.mapped()(reply::answer);
    if (auto order = desk_.take_order())
      next_order_ = std::move(order);
    else if (desk_.is_idle())
      next_order_.reset();
    if (!next_order_ || job_)
      return;
    const auto order = *std::exchange(next_order_, std::nullopt);
    step_ = ++last_step_;
    step_began_ = deps_.steady_now();
    step_work_ = list_metrics::work::other;
    step_limit_ = self_->run_delayed(deps_.limits.step, [this, step = step_] { give_up(step); });
    std::visit([this](const auto& x) { start(x); }, order);
  }

  void start(const load_list&) {
    step_work_ = list_metrics::work::load;
    run([place = place(), now = deps_.now] { return load_models(place, now()); },
        [this](const job_result& x) {
          use(x);
          desk_.on_loaded(x.models.has_value(), x.etag);
        });
  }

  void start(const renew_list& x) {
    run(
      [place = place(), now = deps_.now, etag = x.etag] {
        job_result result;
        result.remarks = renew_cache(place, etag, now());
        return result;
      },
      [this](const job_result&) { desk_.on_done(); });
  }

  void start(const drop_list&) {
    run(
      [place = place()] {
        job_result result;
        result.remarks = drop_cache(place);
        return result;
      },
      [this](const job_result&) { desk_.on_done(); });
  }

  void start(const fetch_list&) {
    step_work_ = list_metrics::work::fetch;
    if (!deps_.sources.client)
      return failed("there is no model client");
    self_
      ->request(
        deps_.sources.client, deps_.limits.step,
        fetch_models{knowledge().provider.id, std::string{whole_version(deps_.client_version)}})
      .then(
        [this, step = step_](fetched_models& x) {
          if (step == step_)
            on_fetched(x);
        },
        [this, step = step_](const caf::error& x) {
          if (step == step_)
            failed(to_string(x));
        });
  }

  void on_fetched(fetched_models& x) {
    if (x.error)
      return failed(x.error->message);
    run([body = std::move(x.body), etag = std::move(x.etag), place = place(),
         now = deps_.now] { return take_models(body.view(), etag, place, now()); },
        [this](const job_result& result) {
          if (!result.models)
            return desk_.on_fetch_failed(logged(result.problem), deps_.steady_now());
          use(result);
          desk_.on_fetched(result.etag, deps_.steady_now());
        });
  }

  const std::string& logged(const std::string& problem) const {
    log::warning("models of `{}`: {}", knowledge().provider.id, problem);
    return problem;
  }

  void end_step() {
    step_limit_.dispose();
    metrics_.record(std::exchange(step_work_, list_metrics::work::other),
                    deps_.steady_now() - step_began_);
  }

  void failed(const std::string& problem) {
    end_step();
    desk_.on_fetch_failed(logged(problem), deps_.steady_now());
    carry_out();
  }

  void give_up(std::uint64_t step) {
    if (job_ && job_->step == step)
      job_.reset(); // it hangs; what it says later is not heard
    if (step == step_) {
      end_step();
      step_ = 0;
      desk_.give_up(logged("it took too long"), deps_.steady_now());
    }
    carry_out();
  }

  void use(const job_result& x) {
    if (x.models)
      answers_.change([&x](model_knowledge& known) { known.models = *x.models; });
  }

  /// Has `work` done where it may block, then passes its result to `after`.
  template <class Work, class After>
  void run(Work work, After after) {
    job_ = std::make_shared<running_job>(running_job{.step = step_, .result = {}, .after = after});
    deps_.post([job = job_, work = std::move(work), home = shell_actor{self_}] {
      job->result = work();
      caf::anon_send(home, caf::ok_atom_v, job->step);
    });
  }

  caf::result<void> on_job_over(std::uint64_t step) {
    if (!job_ || job_->step != step)
      return caf::unit; // given up
    const auto job = std::exchange(job_, nullptr);
    log_remarks(job->result);
    if (step == step_) {
      end_step();
      job->after(job->result);
    }
    carry_out();
    return caf::unit;
  }

  void on_exit(caf::exit_msg& x) {
    step_limit_.dispose();
    for (auto& [whose, reply_to] : std::exchange(questions_, {}))
      reply_to(reply::refuse);
    self_->quit(std::move(x.reason));
  }

  /// The result is written before the actor hears of it.
  struct running_job {
    std::uint64_t step = 0;
    job_result result;
    std::function<void(const job_result&)> after;
  };

  shell_actor::pointer self_;
  dependencies deps_; // `knowledge` is in `answers_`
  model_answers answers_;
  refresh_desk desk_;
  std::unordered_map<ticket, question> questions_;
  ticket last_ticket_ = 0;
  std::optional<login_changed> login_; // as the auth manager told
  std::set<std::string> warned_;
  bool was_cached_;

  // The step under way, of which late news are ignored, and the next one while an old job runs.
  std::uint64_t step_ = 0;
  std::uint64_t last_step_ = 0;
  std::optional<refresh_order> next_order_;
  std::shared_ptr<running_job> job_;
  caf::disposable step_limit_;
  std::chrono::steady_clock::time_point step_began_;
  list_metrics::work step_work_ = list_metrics::work::other;
  list_metrics metrics_{self_->system().metrics()};
};

} // namespace

models_manager_actor spawn(caf::actor_system& sys, dependencies deps) {
  auto first = read_first_list(deps);
  return sys.spawn<caf::stateful_actor<state, shell_actor::impl>>(std::move(deps),
                                                                  std::move(first));
}

} // namespace troupe::models_manager
