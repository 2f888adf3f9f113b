#include "actors/codex_thread/codex_thread_actor.hpp"

#include "actors/codex_thread/event_sinks.hpp"
#include "actors/codex_thread/held_events.hpp"
#include "actors/codex_thread/workspace_memory.hpp"
#include "actors/common/actor_error.hpp"
#include "actors/common/harden.hpp"

#include <caf/actor_system.hpp>
#include <caf/response_promise.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <fmt/format.h>

#include <chrono>
#include <optional>
#include <utility>
#include <vector>

namespace troupe::codex_thread {

namespace {

model_error to_model_error(const caf::error& err) {
  if (err == errc::queue_full)
    return {.code = model_errc::overloaded,
            .message = "too many model streams are open on this node",
            .retry_after = {},
            .http_status = {}};
  if (err == errc::no_such_provider)
    return {.code = model_errc::fatal,
            .message = "Fatal error: " + to_string(err.context()),
            .retry_after = {},
            .http_status = {}};
  return {.code = model_errc::stream,
          .message = "stream disconnected before completion: the model client was restarted",
          .retry_after = {},
          .http_status = {}};
}

std::string refusal_text(const thread_id& thread, errc code) {
  std::string_view why = to_text(code);
  if (code == errc::queue_full)
    why = "too much input waits; try again when the turn is further";
  else if (code == errc::invalid_request)
    why = "the op is unknown, or the id of the submission is one of the thread's own numbers";
  return fmt::format("thread {}: {}", to_string(thread), why);
}

} // namespace

class state {
public:
  state(codex_thread_actor::pointer self, thread_config config, dependencies deps)
    : self_(self), services_(std::move(deps.services)),
      read_workspace_(std::move(deps.read_workspace)), watch_tool_(std::move(deps.watch_tool)),
      ephemeral_(config.ephemeral),
      session_(std::move(config), std::move(deps.tools), std::move(deps.tmpdir)) {
    harden(self_);
    self_->set_exit_handler([this](caf::exit_msg& x) { on_exit(x); });
    self_->set_down_handler([this](caf::down_msg& x) { sinks_.forget(x.source); });
  }

  codex_thread_actor::behavior_type make_behavior() {
    return {
      [this](const start_session& x) { return on_start(x); },
      [this](submission& x) { return on_submission(std::move(x)); },
      [this](const subscribe_events& x) { return on_subscribe(x); },
      [this](const event_credit& x) { return on_credit(x); },
      [this](const unsubscribe_events& x) { return on_unsubscribe(x); },
      [this](const thread_status_request&) {
        return caf::result<thread_summary>{session_.summary()};
      },
      [this](model_events& x) { return on_model_events(x); },
      [this](const stream_ended& x) { return on_stream_ended(x); },
      [this](tool_progress& x) { return on_tool_progress(x); },
      [this](const services_changed& x) { return on_services(x); },
      [this](provider_changed& x) { return on_provider(x); },
      [this](workspace_described& x) { return on_workspace(x); },
    };
  }

  static inline const char* name = "codex-thread";

private:
  caf::result<thread_started> on_start(const start_session& x) {
    if (starting_ || started_)
      return caf::make_error(errc::invalid_request, "the thread was started already");
    starting_ = self_->make_response_promise<thread_started>();
    if (x.resume)
      load(*x.resume);
    else
      ask_model([this] { create_rollout_file(); });
    return *starting_;
  }

  /// The thread manager has seen to it that the list of models is up to date.
  template <class Next>
  void ask_model(Next next) {
    auto question = session_.model_question();
    if (!question.slug.empty())
      return ask_facts(std::move(question), next);
    self_
      ->request(services_.models, caf::infinite, get_default_model{{}, refresh_strategy::offline})
      .then(
        [this, next, question](chosen_model& x) mutable {
          question.slug = std::move(x.slug);
          ask_facts(std::move(question), next);
        },
        [this](const caf::error& err) { fail_start(err); });
  }

  template <class Next>
  void ask_facts(get_model_info question, Next next) {
    self_->request(services_.models, caf::infinite, std::move(question))
      .then(
        [this, next](model_facts& facts) {
          session_.set_model(std::move(facts));
          next();
        },
        [this](const caf::error& err) { fail_start(err); });
  }

  void create_rollout_file() {
    session_.set_id(new_thread_id());
    if (ephemeral_)
      return step([this](effects& out) { session_.start_new({}, out); });
    self_->request(services_.recorder, caf::infinite, create_rollout{session_.meta()})
      .then(
        [this](rollout_opened& x) {
          step([&](effects& out) { session_.start_new(std::move(x.path), out); });
        },
        [this](const caf::error& err) { fail_start(err); });
  }

  void load(const load_rollout& x) {
    self_->request(services_.recorder, caf::infinite, x)
      .then([this](rollout_history& stored) { on_loaded(std::move(stored)); },
            [this](const caf::error& err) { fail_start(err); });
  }

  void on_loaded(rollout_history stored) {
    session_.set_id(stored.thread);
    ask_model([this, history = shared_value{std::move(stored)}] {
      step([&](effects& out) { session_.start_resumed(*history, out); });
    });
  }

  void fail_start(const caf::error& err) {
    starting_->deliver(err);
    starting_.reset();
    self_->quit(err);
  }

  caf::result<submitted> on_submission(submission x) {
    if (!started_)
      return caf::make_error(errc::invalid_request, "the thread is still starting");
    std::variant<submitted, errc> receipt;
    step([&](effects& out) { receipt = session_.submit(std::move(x), out); });
    if (const auto* code = std::get_if<errc>(&receipt))
      return caf::make_error(*code, refusal_text(session_.id(), *code));
    return std::get<submitted>(std::move(receipt));
  }

  caf::result<thread_summary> on_subscribe(const subscribe_events& x) {
    if (!x.sink)
      return caf::make_error(errc::invalid_request, "a subscription needs a sink");
    switch (sinks_.add(x)) {
    case event_sinks::added::watched: break;
    case event_sinks::added::fresh: self_->monitor(x.sink); break;
    case event_sinks::added::refused:
      return caf::make_error(errc::queue_full,
                             fmt::format("thread {} has {} subscribers already",
                                         to_string(session_.id()), event_sinks::max_sinks));
    }
    deliver();
    return session_.summary();
  }

  caf::result<void> on_credit(const event_credit& x) {
    sinks_.grant(x);
    deliver();
    return caf::unit;
  }

  caf::result<void> on_unsubscribe(const unsubscribe_events& x) {
    if (sinks_.remove(x))
      self_->demonitor(x.sink);
    return caf::unit;
  }

  caf::result<void> on_model_events(model_events& x) {
    step([&](effects& out) { session_.on_model_events(x, out); });
    grant_credit();
    return caf::unit;
  }

  /// Events may overtake the answer that names the operation; what they used is granted after it.
  /// While events are held, none: what is held is bounded by what the model may send.
  void grant_credit() {
    if (!operation_ || !held_.empty())
      return;
    if (const auto due = session_.take_credit_due(); due > 0)
      caf::anon_send(services_.client, stream_credit{*operation_, due});
  }

  caf::result<void> on_stream_ended(const stream_ended& x) {
    step([&](effects& out) { session_.on_stream_ended(x, out); });
    return caf::unit;
  }

  caf::result<void> on_tool_progress(tool_progress& x) {
    step([&](effects& out) { session_.on_tool_progress(x, out); });
    return caf::unit;
  }

  caf::result<void> on_workspace(workspace_described& x) {
    workspace_.keep(x.metadata_json, std::chrono::steady_clock::now());
    step([&](effects& out) { session_.on_workspace(x, out); });
    return caf::unit;
  }

  caf::result<void> on_services(const services_changed& x) {
    const bool new_recorder = !(x.recorder == services_.recorder);
    services_ = x;
    if (new_recorder && !session_.rollout_path().empty())
      reopen();
    return caf::unit;
  }

  /// A new recorder does not know this thread's file yet. What stands in it is known here.
  void reopen() {
    self_
      ->request(services_.recorder, caf::infinite,
                reopen_rollout{session_.id(), session_.rollout_path()})
      .then([] {}, [this](const caf::error& err) { failure_ = error_text(err); });
  }

  caf::result<void> on_provider(provider_changed& x) {
    step([&](effects& out) { session_.on_provider(std::move(x.provider), out); });
    return caf::unit;
  }

  template <class Step>
  void step(Step f) {
    effects out;
    f(out);
    carry_out(out);
  }

  void carry_out(effects& x) {
    if (!x.lines.empty() && !ephemeral_)
      append(std::move(x.lines));
    for (auto& event : x.events)
      publish(std::move(event));
    if (x.cancel_stream && operation_)
      caf::anon_send(services_.client, cancel_stream{*std::exchange(operation_, std::nullopt)});
    if (x.cancel_tools)
      caf::anon_send(services_.tools, cancel_tools{session_.id(), {}});
    for (auto& connection : x.closed_connections)
      caf::anon_send(services_.client, std::move(connection));
    if (x.prepare)
      caf::anon_send(services_.client, std::move(*x.prepare));
    if (!x.tools.empty())
      workspace_.forget();
    for (auto& call : x.tools)
      run(std::move(call));
    if (x.open)
      open(std::move(*x.open));
    if (x.compact)
      compact(std::move(*x.compact));
    if (x.models_etag)
      caf::anon_send(services_.models, std::move(*x.models_etag));
    if (x.describe)
      describe(std::move(*x.describe));
    if (x.fetch_model)
      fetch_model(std::move(*x.fetch_model));
    if (x.flush != flush_goal::none)
      goal_ = x.flush;
    deliver();
    if (x.ended)
      return end();
    if (goal_ != flush_goal::none && unacknowledged_ == 0)
      on_flushed();
  }

  void publish(outgoing x) {
    if (held_.holds(x, appends_, appends_ - unacknowledged_))
      held_.hold(std::move(x), appends_);
    else
      sinks_.publish(x.turn, std::move(x.msg));
  }

  void release_held() {
    if (held_.empty())
      return;
    held_.release(appends_ - unacknowledged_,
                  [this](outgoing x) { sinks_.publish(x.turn, std::move(x.msg)); });
    deliver();
    grant_credit();
  }

  void append(std::vector<rollout_line> lines) {
    ++appends_;
    ++unacknowledged_;
    self_
      ->request(services_.recorder, caf::infinite, append_rollout{session_.id(), std::move(lines)})
      .then([this] { on_appended(); },
            [this](const caf::error& err) {
              failure_ = error_text(err);
              on_appended();
            });
  }

  void on_appended() {
    --unacknowledged_;
    release_held();
    if (unacknowledged_ == 0 && goal_ != flush_goal::none)
      on_flushed();
  }

  void on_flushed() {
    const auto goal = std::exchange(goal_, flush_goal::none);
    const auto failure = std::exchange(failure_, {});
    step([&](effects& out) { session_.on_flushed(goal, failure, out); });
    if (goal != flush_goal::session_start || !starting_)
      return;
    started_ = true;
    starting_->deliver(session_.started());
    starting_.reset();
  }

  void open(open_stream x) {
    const auto stream = x.stream;
    operation_.reset();
    self_->request(services_.client, caf::infinite, std::move(x), stream_consumer_actor{self_})
      .then(
        [this, stream](const stream_opened& opened) {
          if (session_.stream() !=
              stream) // given up meanwhile; one that ended by itself ignores this
            return caf::anon_send(services_.client, cancel_stream{opened.operation});
          operation_ = opened.operation;
          grant_credit();
        },
        [this, stream](const caf::error& err) {
          if (session_.stream() == stream)
            step([&](effects& out) { session_.on_open_failed(to_model_error(err), out); });
        });
  }

  void compact(compaction_call x) {
    self_->request(services_.client, caf::infinite, std::move(x.request))
      .then(
        [this, number = x.number](compacted_history& answer) {
          step([&](effects& out) { session_.on_compacted(number, answer, out); });
        },
        [this, number = x.number](const caf::error& err) {
          compacted_history failed{.output = {}, .error = to_model_error(err)};
          step([&](effects& out) { session_.on_compacted(number, failed, out); });
        });
  }

  void describe(workspace_question x) {
    const auto now = std::chrono::steady_clock::now();
    const auto known = read_workspace_ ? workspace_.find(x.cwd, now) : std::string{};
    if (known) {
      workspace_described answer{std::move(x.turn), *known};
      return step([&](effects& out) { session_.on_workspace(answer, out); });
    }
    workspace_.ask(x.cwd, now);
    read_workspace_(std::move(x.cwd),
                    [self = codex_thread_actor{self_}, turn = std::move(x.turn)](std::string json) {
                      caf::anon_send(self, workspace_described{turn, std::move(json)});
                    });
  }

  void run(run_tool call) {
    const auto stream = session_.calls_stream();
    const auto watched = watch_tool_ ? watch_tool_(call) : tool_end{};
    self_->request(services_.tools, caf::infinite, call, tool_listener_actor{self_})
      .then(
        [this, stream, watched](const tool_result& x) {
          if (watched)
            watched(x.success ? tool_outcome::succeeded : tool_outcome::failed);
          step([&](effects& out) { session_.on_tool_result(stream, x, out); });
        },
        [this, stream, watched, id = call.call_id](const caf::error& err) {
          if (watched)
            watched(tool_outcome::failed);
          const tool_result failed{.call_id = id,
                                   .output = "the tool could not be run: " + error_text(err),
                                   .success = false,
                                   .notes = {}};
          step([&](effects& out) { session_.on_tool_result(stream, failed, out); });
        });
  }

  void fetch_model(get_model_info question) {
    self_->request(services_.models, caf::infinite, std::move(question))
      .then(
        [this](model_facts& facts) {
          step([&](effects& out) { session_.on_model_facts(std::move(facts), out); });
        },
        [this](const caf::error& err) {
          step([&](effects& out) { session_.on_model_failed(error_text(err), out); });
        });
  }

  void deliver() {
    sinks_.deliver(session_.id(), [](const event_sink_actor& sink, auto msg) {
      caf::anon_send(sink, std::move(msg));
    });
  }

  void on_exit(caf::exit_msg& x) {
    if (starting_) {
      starting_->deliver(
        caf::make_error(errc::shutting_down, "the thread was closed while starting"));
      starting_.reset();
      return self_->quit(std::move(x.reason));
    }
    exit_reason_ = std::move(x.reason);
    step([this](effects& out) { session_.shut_down(out); });
  }

  void end() {
    // A dead actor that watches a live one leaves its memory there.
    sinks_.for_each([this](const event_sink_actor& sink) { self_->demonitor(sink); });
    if (ephemeral_)
      return self_->quit(exit_reason_);
    self_->request(services_.recorder, caf::infinite, close_rollout{session_.id()})
      .then([this] { self_->quit(exit_reason_); },
            [this](const caf::error&) { self_->quit(exit_reason_); });
  }

  codex_thread_actor::pointer self_;
  services_changed services_;
  workspace_reader read_workspace_;
  tool_watch watch_tool_;
  workspace_memory workspace_;
  bool ephemeral_;
  session session_;
  event_sinks sinks_;
  std::optional<std::uint64_t> operation_; ///< the model client's number of the open stream
  held_events held_;
  std::uint64_t appends_ = 0;
  std::size_t unacknowledged_ = 0; ///< appends that the recorder has not answered
  std::string failure_;            ///< of an append since the last flush
  flush_goal goal_ = flush_goal::none;
  std::optional<caf::typed_response_promise<thread_started>> starting_;
  bool started_ = false;
  caf::error exit_reason_;
};

codex_thread_actor spawn(caf::actor_system& sys, thread_config config, dependencies deps) {
  return sys.spawn<caf::stateful_actor<state, codex_thread_actor::impl>>(std::move(config),
                                                                         std::move(deps));
}

} // namespace troupe::codex_thread
