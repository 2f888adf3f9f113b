#include "apps/exec/exec_driver_actor.hpp"

#include "actors/common/actor_error.hpp"
#include "actors/common/event_tap.hpp"
#include "actors/common/harden.hpp"
#include "actors/thread_manager/thread_manager_actor.hpp"
#include "apps/exec/session_names.hpp"

#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/group.hpp>
#include <caf/group_manager.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <fmt/format.h>
#include <utility>

namespace troupe::exec {

namespace {

/// The released binary's words for `exec resume ID` (contract exec-and-sdk.md 1.2).
std::string no_rollout_text(const thread_id& id) {
  return fmt::format("thread/resume: thread/resume failed: no rollout found for thread id {} "
                     "(code -32600)",
                     to_string(id));
}

class state {
public:
  state(exec_driver_actor::pointer self, exec_job job, exec_dependencies deps,
        std::promise<exec_result> result)
    : self_(self), job_(std::move(job)), deps_(std::move(deps)), result_(std::move(result)) {
    harden(self_);
  }

  exec_driver_actor::behavior_type make_behavior() {
    self_->spawn(event_tap, self_->system().groups().get_local(thread_manager::thread_events_group),
                 thread_events_actor{self_});
    choose_thread();
    return {
      [this](event_batch& x) { return on_events(x); },
      [this](const events_lagged& x) { return on_lagged(x); },
      [](const thread_created&) { return caf::result<void>{caf::unit}; },
      [this](const thread_closed& x) { return on_closed(x); },
      [this](const interrupt_turn&) { return on_interrupt(); },
    };
  }

  static inline const char* name = "exec-driver";

private:
  void choose_thread() {
    if (const auto* start = std::get_if<start_thread>(&job_.thread))
      return open(*start);
    if (const auto* resume = std::get_if<resume_thread>(&job_.thread))
      return open(*resume);
    list_rollouts first;
    first.order = rollout_order::updated_at;
    first.providers = {job_.config.provider};
    first.default_provider = job_.config.provider;
    find_last(std::move(first));
  }

  void find_last(list_rollouts question) {
    self_->request(deps_.recorder, caf::infinite, question)
      .then([this, question](rollout_page& page) { on_page(question, page); },
            [this](const caf::error& err) { fail_start(err); });
  }

  void on_page(list_rollouts question, const rollout_page& page) {
    const auto& wanted = std::get<resume_last>(job_.thread);
    const auto* found = find_last_thread(page.threads, {wanted.cwd});
    if (found != nullptr)
      return open(resume_thread{found->thread, found->path, job_.config});
    if (page.next_cursor.empty()) {
      if (deps_.on_no_last_thread)
        deps_.on_no_last_thread();
      return open(start_thread{job_.config});
    }
    question.cursor = page.next_cursor;
    find_last(std::move(question));
  }

  template <class Request>
  void open(Request x) {
    self_->request(deps_.threads, caf::infinite, std::move(x))
      .then([this](const thread_started& started) { on_started(started); },
            [this](const caf::error& err) { fail_start(err); });
  }

  void on_started(const thread_started& x) {
    if (interrupted_)
      return give_up();
    thread_ = x.thread;
    deps_.output.begin({.started = x,
                        .warnings = std::move(job_.warnings),
                        .prompt = std::move(job_.prompt),
                        .reasoning_summary = to_string(job_.config.summary)});
    if (deps_.output.error())
      return give_up();
    // The subscription first: no event of the turn may be missed.
    self_
      ->request(
        deps_.threads, caf::infinite,
        subscribe_events{x.thread, event_sink_actor{self_}, event_credit_window, delta_wish::none})
      .then([this](const thread_summary&) { submit_input(); },
            [this](const caf::error& err) { lose(error_text(err)); });
  }

  void submit_input() {
    if (interrupted_)
      return give_up();
    input_sent_ = true;
    submit(std::move(job_.input));
  }

  void submit(op x) {
    self_->request(deps_.threads, caf::infinite, submit_to_thread{*thread_, {{}, std::move(x)}})
      .then([](const submitted&) {}, [this](const caf::error& err) { lose(error_text(err)); });
  }

  caf::result<void> on_events(const event_batch& x) {
    for (const auto& one : x.events) {
      result_so_far_.outcome.on(one.msg);
      deps_.output.event(one.msg);
      if (result_so_far_.outcome.is_over()) {
        end();
        return caf::unit;
      }
    }
    if (deps_.output.error())
      interrupt(); // nobody sees what it does any more
    const auto used = static_cast<std::uint32_t>(x.events.size());
    caf::anon_send(deps_.threads, event_credit{x.thread, event_sink_actor{self_}, used});
    return caf::unit;
  }

  caf::result<void> on_lagged(const events_lagged& x) {
    // Cannot happen while credit is given back at once; if it does, the end may be among the lost.
    lose(fmt::format("events {} to {} were lost", x.first, x.last));
    return caf::unit;
  }

  caf::result<void> on_closed(const thread_closed& x) {
    if (x.thread == thread_)
      lose(fmt::format("the thread ended unexpectedly: {}", x.reason));
    return caf::unit;
  }

  caf::result<void> on_interrupt() {
    interrupt();
    return caf::unit;
  }

  void interrupt() {
    // Before the turn there is nothing to interrupt: the next step sees the flag and ends.
    if (std::exchange(interrupted_, true) || !input_sent_)
      return;
    submit(interrupt_turn{});
    self_->run_delayed(interrupt_limit, [this] { give_up(); });
  }

  void give_up() {
    result_so_far_.outcome.on(turn_aborted{});
    end();
  }

  void lose(const std::string& message) {
    if (ended_)
      return;
    deps_.output.failed(message);
    result_so_far_.outcome.fail(message);
    end();
  }

  void fail_start(const caf::error& err) {
    const auto* resumed = std::get_if<resume_thread>(&job_.thread);
    if (err == errc::no_such_rollout && resumed != nullptr && resumed->thread)
      result_so_far_.start_error = no_rollout_text(*resumed->thread);
    else
      result_so_far_.start_error = error_text(err);
    end();
  }

  void end() {
    if (std::exchange(ended_, true))
      return;
    if (!result_so_far_.start_error)
      deps_.output.end(result_so_far_.outcome);
    result_so_far_.output_error = deps_.output.error();
    result_.set_value(std::move(result_so_far_));
    self_->quit();
  }

  exec_driver_actor::pointer self_;
  exec_job job_;
  exec_dependencies deps_;
  std::promise<exec_result> result_;
  exec_result result_so_far_;
  std::optional<thread_id> thread_;
  bool input_sent_ = false;
  bool interrupted_ = false;
  bool ended_ = false;
};

} // namespace

exec_driver_actor spawn_driver(caf::actor_system& sys, exec_job job, exec_dependencies deps,
                               std::promise<exec_result> result) {
  return sys.spawn<caf::stateful_actor<state, exec_driver_actor::impl>>(
    std::move(job), std::move(deps), std::move(result));
}

} // namespace troupe::exec
