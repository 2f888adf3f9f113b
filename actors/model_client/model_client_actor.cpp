#include "actors/model_client/model_client_actor.hpp"

#include "actors/common/harden.hpp"
#include "actors/model_client/models_desk_run.hpp"
#include "actors/model_client/stream_desk_run.hpp"
#include "actors/model_client/unary_desk_run.hpp"

#include <caf/actor_system.hpp>
#include <caf/disposable.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

namespace troupe::model_client {

namespace {

/// What the actor understands beside its interface, from I/O threads: an attempt, a call or a
/// connection of that number is over; an attempt was answered.
using shell_actor = model_client_actor::extend<caf::result<void>(caf::close_atom, std::uint64_t),
                                               caf::result<void>(caf::ok_atom, std::uint64_t)>;

/// A fleet asks for its login a thousand times a second; an answer serves all for this long. What
/// is out of date by then is refused by the provider, and repaired.
constexpr std::chrono::milliseconds login_memory{100};

class consumer_audience final : public stream_audience {
public:
  consumer_audience(stream_number stream, stream_consumer_actor consumer)
    : stream_(stream), consumer_(std::move(consumer)) {}

  const stream_consumer_actor& consumer() const { return consumer_; }

  void tell(std::vector<model_event> events) override {
    caf::anon_send(consumer_, model_events{stream_, std::move(events)});
  }

  void tell_end(std::optional<model_error> error, std::optional<rate_limits> limits) override {
    if (!is_told_end_.exchange(true))
      caf::anon_send(consumer_, stream_ended{stream_, std::move(error), std::move(limits)});
  }

private:
  stream_number stream_;
  stream_consumer_actor consumer_;
  std::atomic<bool> is_told_end_ = false;
};

class state {
public:
  using operation = stream_desk::operation;
  using clock = stream_desk::clock;

  state(shell_actor::pointer self, dependencies deps)
    : self_(self), deps_(std::move(deps)), governor_(make_governor()),
      streams_(deps_, stream_hooks(), governor_.get(), deps_.jitter_seed),
      calls_(deps_, call_hooks(), governor_.get(), deps_.jitter_seed),
      lists_(deps_, list_hooks(), deps_.jitter_seed) {
    harden(self_);
    self_->set_exit_handler([this](caf::exit_msg& x) { on_exit(x); });
    self_->set_down_handler([this](caf::down_msg& x) { on_consumer_gone(x); });
    use_login();
  }

  shell_actor::behavior_type make_behavior() {
    return {
      [this](open_stream& x, const stream_consumer_actor& consumer) {
        return on_open(x, consumer);
      },
      [this](const stream_credit& x) {
        return run([&] { streams_.grant(x.operation, x.messages); });
      },
      [this](const cancel_stream& x) { return run([&] { streams_.cancel(x.operation); }); },
      [this](const prepare_connection& x) { return on_prepare(x); },
      [this](const close_connection& x) { return run([&] { streams_.close(x); }); },
      [this](compact_history& x) { return call<compacted_history>(x.provider, std::move(x)); },
      [this](summarise_traces& x) { return call<trace_summaries>(x.provider, std::move(x)); },
      [this](fetch_models& x) { return on_fetch_models(x); },
      [this](const auth_changed& x) { return on_auth_changed(x); },
      [this](caf::close_atom, operation number) { return run([&] { on_over(number); }); },
      [this](caf::ok_atom, operation number) { return run([&] { streams_.on_answer(number); }); },
    };
  }

  static inline const char* name = "model-client";

private:
  std::unique_ptr<rate_governor> make_governor() const {
    return deps_.governor ? std::make_unique<rate_governor>(*deps_.governor) : nullptr;
  }

  desk_hooks stream_hooks() {
    return {.when_over = [this](operation number) { return post(caf::close_atom_v, number); },
            .when_answered = [this](operation number) { return post(caf::ok_atom_v, number); },
            .ask_login = [this](operation number) { ask_login(number); },
            .repair_login = [this](operation number,
                                   recover_login x) { repair_login(number, std::move(x)); },
            .on_end =
              [this](operation, stream_audience& x) {
                self_->demonitor(static_cast<consumer_audience&>(x).consumer());
              }};
  }

  unary_hooks call_hooks() {
    return {.when_over = [this](operation number) { return post(caf::close_atom_v, number); },
            .ask_login = [this](operation number) { ask_login(number); },
            .deliver = [this](operation number, unary_answer x) { deliver(number, std::move(x)); }};
  }

  models_hooks list_hooks() {
    return {.when_over = [this](operation number) { return post(caf::close_atom_v, number); },
            .ask_login = [this](operation number) { ask_login(number); },
            .deliver =
              [this](operation number, fetched_models x) {
                promises<fetched_models>().extract(number).mapped().deliver(std::move(x));
              }};
  }

  void on_over(operation number) {
    if (calls_.has(number))
      calls_.on_over(number);
    else if (lists_.has(number))
      lists_.on_over(number);
    else
      streams_.on_over(number);
  }

  /// For I/O threads: they keep a handle, not the actor's state.
  template <class Atom>
  std::function<void()> post(Atom what, operation number) {
    return [home = shell_actor{self_}, what, number] { caf::anon_send(home, what, number); };
  }

  /// Lets the desk work, then sees to its next moment.
  template <class F>
  caf::result<void> run(F&& f) {
    f();
    plan();
    return caf::unit;
  }

  caf::result<stream_opened> on_open(open_stream& x, const stream_consumer_actor& consumer) {
    if (streams_.is_full())
      return caf::make_error(errc::queue_full, "too many model streams are open");
    const auto provider = deps_.providers.find(x.request.provider);
    if (provider == deps_.providers.end())
      return unknown_provider(x.request.provider);
    const auto number = streams_.next_number();
    self_->monitor(consumer); // one that is gone gives no credit, and without credit nothing ends
    auto audience = std::make_shared<consumer_audience>(x.stream, consumer);
    streams_.open(number, std::move(x), provider->second, std::move(audience));
    plan();
    return stream_opened{number};
  }

  caf::error unknown_provider(const std::string& id) const {
    const auto found = config::select_provider(deps_.providers, id);
    const auto* error = std::get_if<config::config_error>(&found);
    return caf::make_error(errc::no_such_provider, error ? error->message : id);
  }

  caf::result<void> on_prepare(const prepare_connection& x) {
    const auto provider = deps_.providers.find(x.provider);
    if (provider != deps_.providers.end())
      streams_.prepare(x, provider->second);
    plan();
    return caf::unit;
  }

  template <class Answer, class Request>
  caf::result<Answer> call(const std::string& provider_id, Request&& x) {
    if (calls_.is_full())
      return caf::make_error(errc::queue_full, "too many calls of the model client are open");
    const auto provider = deps_.providers.find(provider_id);
    if (provider == deps_.providers.end())
      return unknown_provider(provider_id);
    const auto number = streams_.next_number();
    auto promise = self_->template make_response_promise<Answer>();
    promises<Answer>().emplace(number, promise);
    calls_.open(number, std::forward<Request>(x), provider->second);
    plan();
    return promise;
  }

  caf::result<fetched_models> on_fetch_models(fetch_models& x) {
    if (lists_.is_full())
      return caf::make_error(errc::queue_full, "too many lists of models are being fetched");
    const auto provider = deps_.providers.find(x.provider);
    if (provider == deps_.providers.end())
      return unknown_provider(x.provider);
    const auto number = streams_.next_number();
    auto promise = self_->make_response_promise<fetched_models>();
    promises<fetched_models>().emplace(number, promise);
    lists_.open(number, std::move(x), provider->second,
                deps_.auth ? std::nullopt : std::optional{config::snapshot_of(deps_.login, 0)});
    return promise;
  }

  template <class Answer>
  using promise_map = std::unordered_map<operation, caf::typed_response_promise<Answer>>;

  template <class Answer>
  promise_map<Answer>& promises() {
    return std::get<promise_map<Answer>>(promises_);
  }

  void deliver(operation number, unary_answer x) {
    std::visit(
      [this, number](auto& answer) {
        using answer_type = std::decay_t<decltype(answer)>;
        auto waiting = promises<answer_type>().extract(number);
        waiting.mapped().deliver(std::move(answer));
      },
      x);
  }

  // ---- logins ---------------------------------------------------------------------------------

  void use_login() {
    if (deps_.auth) {
      streams_.set_login_source(stream_call::login_source::asked);
      calls_.set_login_source(unary_desk::login_source::asked);
    } else {
      streams_.set_login_source(stream_call::login_source::given,
                                config::snapshot_of(deps_.login, 0));
      calls_.set_login_source(unary_desk::login_source::given, config::snapshot_of(deps_.login, 0));
    }
  }

  caf::result<void> on_auth_changed(const auth_changed& x) {
    deps_.auth = x.auth;
    known_login_.reset();
    use_login();
    return caf::unit;
  }

  /// Whoever asks while another one waits gets the same answer.
  void ask_login(operation number) {
    if (known_login_ && clock::now() < known_until_)
      return give_login(number, known_login_);
    login_waiters_.push_back(number);
    if (login_waiters_.size() > 1)
      return;
    // No limit here: the auth manager limits everything it waits for.
    self_->request(deps_.auth, caf::infinite, get_login{})
      .then([this](login_snapshot& x) { on_login(std::move(x)); },
            [this](const caf::error&) { on_login(std::nullopt); });
  }

  void on_login(std::optional<login_snapshot> x) {
    known_login_ = x;
    known_until_ = clock::now() + login_memory;
    for (const auto number : std::exchange(login_waiters_, {}))
      give_login(number, x);
    plan();
  }

  void give_login(operation number, const std::optional<login_snapshot>& x) {
    if (calls_.has(number))
      calls_.on_login(number, x);
    else if (lists_.has(number))
      lists_.on_login(number, x);
    else
      streams_.on_login(number, x);
  }

  void repair_login(operation number, recover_login x) {
    known_login_.reset(); // it was refused
    self_->request(deps_.auth, caf::infinite, std::move(x))
      .then(
        [this, number](const login_recovery& answer) {
          streams_.on_repair(number, answer);
          plan();
        },
        [this, number](const caf::error&) {
          streams_.on_repair(number, std::nullopt);
          plan();
        });
  }

  // ---- time and ends --------------------------------------------------------------------------

  /// One timer for everything that waits here.
  void plan() {
    let_go(clock::now());
    const auto next = next_time();
    if (!next || (timer_at_ && *timer_at_ <= *next))
      return;
    timer_.dispose();
    timer_at_ = next;
    const auto wait = std::max(clock::duration::zero(), *next - clock::now());
    timer_ = self_->run_delayed(wait, [this] {
      timer_at_.reset();
      streams_.on_time(clock::now());
      plan();
    });
  }

  std::optional<clock::time_point> next_time() const {
    const auto deadline = streams_.next_time();
    const auto release = governor_ ? governor_->next_release() : std::nullopt;
    if (!deadline || !release)
      return deadline ? deadline : release;
    return std::min(*deadline, *release);
  }

  /// Requests whose turn has come.
  void let_go(clock::time_point now) {
    const auto due = governor_ ? governor_->next_release() : std::nullopt;
    if (!due || *due > now)
      return;
    for (auto& x : governor_->release(now))
      if (calls_.has(x.operation))
        calls_.on_released(x.operation, std::move(x.pass));
      else
        streams_.on_released(x.operation, std::move(x.pass));
  }

  void on_consumer_gone(const caf::down_msg& x) {
    streams_.cancel_if([&x](stream_audience& audience) {
      return static_cast<consumer_audience&>(audience).consumer() == x.source;
    });
    plan();
  }

  void on_exit(caf::exit_msg& x) {
    timer_.dispose();
    streams_.stop();
    calls_.stop();
    lists_.stop();
    self_->quit(std::move(x.reason));
  }

  shell_actor::pointer self_;
  dependencies deps_;                       // but for `auth` as it was given
  std::unique_ptr<rate_governor> governor_; // of both desks; null: nobody governs
  stream_desk streams_;
  unary_desk calls_;
  models_desk lists_;
  std::tuple<promise_map<compacted_history>, promise_map<trace_summaries>,
             promise_map<fetched_models>>
    promises_;
  std::vector<operation> login_waiters_; // for the one request that is under way
  std::optional<login_snapshot> known_login_;
  clock::time_point known_until_{};
  caf::disposable timer_;
  std::optional<clock::time_point> timer_at_;
};

} // namespace

model_client_actor spawn(caf::actor_system& sys, dependencies deps) {
  return sys.spawn<caf::stateful_actor<state, shell_actor::impl>>(std::move(deps));
}

} // namespace troupe::model_client
