#include "actors/auth_manager/auth_manager_actor.hpp"

#include "actors/common/harden.hpp"
#include "config/log.hpp"
#include "net/http_client.hpp"

#include <caf/actor_system.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace troupe::auth_manager {

namespace {

/// What the actor understands beside its interface: the step of this number is over, in the store
/// or at the token server.
using shell_actor = auth_manager_actor::extend<caf::result<void>(caf::ok_atom, std::uint64_t),
                                               caf::result<void>(caf::close_atom, std::uint64_t)>;

using promise = std::variant<caf::typed_response_promise<login_snapshot>,
                             caf::typed_response_promise<login_recovery>,
                             caf::typed_response_promise<logged_out>>;

template <class... Functions>
struct overloaded : Functions... {
  using Functions::operator()...;
};

/// A request to the token server; its outcome is written before the actor hears of it.
struct refresh_call {
  config::secret used;
  net::call_outcome outcome;
};

class state {
public:
  state(shell_actor::pointer self, dependencies deps)
    : self_(self), deps_(std::move(deps)), desk_(first_desk(deps_)),
      url_(token_url(deps_.sources.environment)) {
    harden(self_);
    self_->set_exit_handler([this](caf::exit_msg& x) { on_exit(x); });
    self_->set_down_handler([this](caf::down_msg& x) {
      std::erase_if(watchers_, [&x](const auto& watcher) { return watcher == x.source; });
    });
    if (!deps_.lent)
      deps_.lent = std::make_shared<lent_login>();
  }

  shell_actor::behavior_type make_behavior() {
    if (deps_.lent->login)
      desk_.use_external(*deps_.lent->login, deps_.now());
    carry_out();
    return {
      [this](const get_login& x) { return ask<login_snapshot>(x); },
      [this](const recover_login& x) { return ask<login_recovery>(x); },
      [this](const use_external_login& x) { return on_external(x); },
      [this](const log_out& x) { return ask<logged_out>(x); },
      [this](const watch_login& x) { return on_watch(x); },
      [this](caf::ok_atom, std::uint64_t step) { return on_job_over(step); },
      [this](caf::close_atom, std::uint64_t step) { return on_refresh_over(step); },
    };
  }

  static inline const char* name = "auth-manager";

private:
  static login_desk first_desk(dependencies& deps) {
    return deps.first == first_login::given ? login_desk{std::move(deps.login)} : login_desk{};
  }

  template <class Answer, class Request>
  caf::result<Answer> ask(const Request& x) {
    if (is_stopping_)
      return caf::make_error(errc::shutting_down, "the auth manager stops");
    if (promises_.size() >= deps_.limits.waiting)
      return caf::make_error(errc::queue_full, "too many requests wait for the login");
    auto result = self_->make_response_promise<Answer>();
    promises_.emplace(++last_ticket_, result);
    desk_.ask(last_ticket_, x, deps_.now());
    carry_out();
    return result;
  }

  caf::result<void> on_external(const use_external_login& x) {
    auto login = accepted_login(x.tokens);
    if (const auto* failure = std::get_if<refresh_failure>(&login))
      return caf::make_error(errc::invalid_request, failure->message);
    *deps_.lent = {std::get<config::login>(std::move(login)), x.host};
    desk_.use_external(*deps_.lent->login, deps_.now());
    carry_out();
    return caf::unit;
  }

  caf::result<void> on_watch(const watch_login& x) {
    if (watchers_.size() >= deps_.limits.watchers)
      return caf::make_error(errc::queue_full, "too many watch the login");
    self_->monitor(x.watcher);
    watchers_.push_back(x.watcher);
    if (told_)
      caf::anon_send(x.watcher, *told_);
    return caf::unit;
  }

  void tell_watchers() {
    if (!desk_.knows_login())
      return;
    const auto now = desk_.snapshot();
    login_changed news{now.mode, now.account_id};
    if (told_ == news)
      return;
    told_ = std::move(news);
    for (const auto& watcher : watchers_)
      caf::anon_send(watcher, *told_);
  }

  std::variant<config::login, refresh_failure> accepted_login(const external_tokens& x) const {
    auto login = external_login(x, deps_.now());
    if (!login)
      return transient_failure("the application's id token is not readable");
    const auto& allowed = deps_.forced_workspaces;
    const auto account = account_of(login);
    if (allowed.empty() || (account && std::ranges::find(allowed, *account) != allowed.end()))
      return *std::move(login);
    return transient_failure("the application's token is of a workspace that is not allowed here");
  }

  /// Answers what is settled and begins what is ordered.
  void carry_out() {
    tell_watchers();
    for (auto& [whose, answer] : desk_.take_answers())
      deliver(whose, std::move(answer));
    auto order = desk_.take_order();
    if (is_stopping_ && !(order && goes_on(*order)))
      return quit();
    if (order)
      start(*std::move(order));
    else if (desk_.is_idle())
      end_work();
  }

  /// A step of the refresh under way, not the beginning of something else.
  static bool goes_on(const desk_order& x) {
    return std::holds_alternative<send_refresh>(x) || std::holds_alternative<save_tokens>(x);
  }

  void deliver(ticket whose, desk_answer answer) {
    auto found = promises_.extract(whose);
    if (found.empty())
      return; // answered on exit
    std::visit(
      []<class Answer, class Given>(caf::typed_response_promise<Answer>& to, Given& what) {
        if constexpr (std::is_same_v<Answer, Given>)
          to.deliver(std::move(what));
        else if constexpr (std::is_same_v<Given, std::string>)
          to.deliver(caf::make_error(errc::internal, std::move(what)));
      },
      found.mapped(), answer);
  }

  void start(desk_order order) {
    std::visit(overloaded{[this](send_refresh& x) { start_refresh(std::move(x)); },
                          [this](ask_host& x) { start_host(x); },
                          [this](save_tokens& x) { start_job(std::move(x)); },
                          [this](auto& x) {
                            begin_work();
                            start_job(std::move(x));
                          }},
               order);
  }

  /// A step may take as long as the work it belongs to.
  void begin_work() {
    end_work();
    work_limit_ = self_->run_delayed(deps_.limits.work, [this] {
      fail(
        transient_failure(is_store_busy_ ? "another process is renewing it" : "it took too long"));
    });
    patience_ = self_->run_delayed(deps_.limits.patience, [this] {
      desk_.stop_waiting_for_renewal();
      carry_out();
    });
  }

  void end_work() {
    step_ = 0;
    is_store_busy_ = false;
    call_.cancel();
    call_ = {};
    refresh_.reset();
    job_.reset();
    lock_.reset();
    work_limit_.dispose();
    patience_.dispose();
    retry_.dispose();
  }

  void start_job(desk_order order) {
    job_ = std::make_shared<store_job>(std::move(order));
    post_job();
  }

  void post_job() {
    step_ = ++last_step_;
    deps_.post([job = job_, sources = deps_.sources, step = step_, self = shell_actor{self_}] {
      job->run(sources);
      caf::anon_send(self, caf::ok_atom_v, step);
    });
  }

  caf::result<void> on_job_over(std::uint64_t step) {
    if (step != step_)
      return caf::unit; // given up
    const auto job = std::exchange(job_, nullptr);
    if (!job->remark().empty())
      log::warning("login: {}", job->remark());
    std::visit([&](auto& x) { on_result(x, job); }, job->result());
    return caf::unit;
  }

  void on_result(std::monostate, const std::shared_ptr<store_job>&) {}

  void on_result(store_job::busy, const std::shared_ptr<store_job>& job) {
    is_store_busy_ = true;
    job_ = job;
    retry_ = self_->run_delayed(deps_.limits.lock_pause, [this] { post_job(); });
  }

  void on_result(store_job::loaded& x, const std::shared_ptr<store_job>&) {
    desk_.on_loaded(std::move(x.login), deps_.now());
    carry_out();
  }

  void on_result(store_job::opened& x, const std::shared_ptr<store_job>&) {
    is_store_busy_ = false;
    lock_ = std::move(x.lock);
    desk_.on_opened(x.login, deps_.now());
    carry_out();
  }

  void on_result(login_desk::saved& x, const std::shared_ptr<store_job>&) {
    if (!x.is_written)
      log::error("the renewed login is not stored; other processes will have to log in again "
                 "unless the disk takes it later");
    desk_.on_saved(std::move(x), deps_.now());
    carry_out();
  }

  void on_result(login_desk::removed& x, const std::shared_ptr<store_job>&) {
    *deps_.lent = {};
    desk_.on_removed(std::move(x), deps_.now());
    carry_out();
  }

  void on_result(const refresh_failure& x, const std::shared_ptr<store_job>&) { fail(x); }

  void fail(const refresh_failure& x) {
    log::warning("{}", x.message);
    desk_.on_failed(x, deps_.now());
    carry_out();
  }

  void start_refresh(send_refresh x) {
    step_ = ++last_step_;
    refresh_ = std::make_shared<refresh_call>();
    refresh_->used = std::move(x.refresh_token);
    call_ = deps_.http->fetch(
      refresh_request(), deps_.limits.answer_bytes,
      [current = refresh_, step = step_, self = shell_actor{self_}](net::call_outcome outcome) {
        current->outcome = std::move(outcome);
        caf::anon_send(self, caf::close_atom_v, step);
      });
  }

  net::http_request refresh_request() const {
    net::http_request result;
    result.method = "POST";
    result.url = url_;
    result.headers = deps_.headers;
    result.headers.set("Content-Type", "application/json");
    result.body.push_back(std::make_shared<const std::string>(refresh_body(refresh_->used)));
    result.limits.total = deps_.limits.refresh;
    return result;
  }

  caf::result<void> on_refresh_over(std::uint64_t step) {
    if (step != step_)
      return caf::unit;
    const auto done = std::exchange(refresh_, nullptr);
    const auto& outcome = done->outcome;
    if (outcome.error != net::net_errc::none) {
      fail(transient_failure(outcome.detail.empty() ? to_text(outcome.error) : outcome.detail));
      return caf::unit;
    }
    auto answer = read_refresh_answer(outcome.head.status, outcome.body, done->used);
    if (const auto* failure = std::get_if<refresh_failure>(&answer);
        failure && failure->reason == refusal::other)
      log::warning("the token server refused a refresh: {}",
                   loggable_body(outcome.body, done->used));
    desk_.on_refreshed(std::move(answer), deps_.now());
    carry_out();
    return caf::unit;
  }

  void start_host(const ask_host& x) {
    begin_work();
    const auto step = step_ = ++last_step_;
    if (!deps_.lent->host)
      return fail(transient_failure("no application is there to ask"));
    self_->request(deps_.lent->host, deps_.limits.host, refresh_external_login{x.previous_account})
      .then([this, step](const external_tokens& tokens) { on_host_answer(step, tokens); },
            [this, step](const caf::error&) {
              if (step == step_)
                fail(transient_failure("the application did not answer"));
            });
  }

  void on_host_answer(std::uint64_t step, const external_tokens& tokens) {
    if (step != step_)
      return;
    auto login = accepted_login(tokens);
    if (const auto* failure = std::get_if<refresh_failure>(&login))
      return fail(*failure);
    deps_.lent->login = std::get<config::login>(std::move(login));
    desk_.on_host_answer(*deps_.lent->login, deps_.now());
    carry_out();
  }

  void on_exit(caf::exit_msg& x) {
    if (std::exchange(is_stopping_, true))
      return;
    exit_reason_ = std::move(x.reason);
    for (auto& [whose, waiting] : std::exchange(promises_, {}))
      std::visit(
        [](auto& to) {
          to.deliver(caf::make_error(errc::shutting_down, "the auth manager stops"));
        },
        waiting);
    if (!lock_) // only a refresh holds one between its steps
      return quit();
    patience_.dispose();
    farewell_ = self_->run_delayed(deps_.limits.farewell, [this] { quit(); });
  }

  void quit() {
    end_work();
    farewell_.dispose();
    self_->quit(std::move(exit_reason_));
  }

  shell_actor::pointer self_;
  dependencies deps_;
  login_desk desk_;
  std::string url_;
  std::unordered_map<ticket, promise> promises_;
  ticket last_ticket_ = 0;
  std::vector<login_watcher_actor> watchers_;
  std::optional<login_changed> told_; // what they know; none: nobody knows yet

  // The work under way: its current step, of which late news are ignored, and what it holds.
  std::uint64_t step_ = 0;
  std::uint64_t last_step_ = 0;
  std::shared_ptr<store_job> job_;
  std::shared_ptr<refresh_call> refresh_;
  net::call_handle call_;
  std::optional<config::login_lock> lock_;
  bool is_store_busy_ = false;
  caf::disposable work_limit_;
  caf::disposable patience_;
  caf::disposable retry_;

  bool is_stopping_ = false;
  caf::error exit_reason_;
  caf::disposable farewell_;
};

} // namespace

auth_manager_actor spawn(caf::actor_system& sys, dependencies deps) {
  return sys.spawn<caf::stateful_actor<state, shell_actor::impl>>(std::move(deps));
}

} // namespace troupe::auth_manager
