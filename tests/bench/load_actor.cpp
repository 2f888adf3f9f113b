#include "tests/bench/load_actor.hpp"

#include "actors/common/harden.hpp"

#include <caf/actor_system.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <fmt/format.h>
#include <unordered_map>
#include <utility>
#include <variant>

namespace troupe::bench {

namespace {

class state {
public:
  state(load_actor::pointer self, load_options options)
    : self_(self), options_(std::move(options)) {
    harden(self_);
  }

  load_actor::behavior_type make_behavior() {
    return {
      [this](const event_batch& x) { return on_events(x); },
      [this](const events_lagged&) { return on_lagged(); },
      [this](caf::spawn_atom, std::uint32_t count) { return start_threads(count); },
      [this](caf::subscribe_atom) { return subscribe_to_all(); },
      [this](caf::put_atom, std::uint32_t turns) { return run_turns(turns); },
    };
  }

  static inline const char* name = "bench-load";

private:
  struct thread_load {
    std::uint32_t turns_left = 0;
    std::uint32_t used_credit = 0;
  };

  // ---- requests of main: one at a time, `open_` counts what it still waits for ----

  caf::result<void> begin(std::size_t open) {
    answer_ = self_->make_response_promise<void>();
    open_ = open;
    if (open_ == 0)
      answer_.deliver();
    return answer_;
  }

  void finish_one() {
    if (open_ > 0 && --open_ == 0)
      answer_.deliver();
  }

  void fail(caf::error err) {
    if (std::exchange(open_, 0) > 0)
      answer_.deliver(std::move(err));
  }

  // ---- starting ----

  caf::result<void> start_threads(std::uint32_t count) {
    threads_.clear();
    unasked_ = count;
    auto answer = begin(count);
    for (std::size_t i = 0; i < start_window; ++i)
      start_next();
    return answer;
  }

  void start_next() {
    if (unasked_ == 0)
      return;
    --unasked_;
    self_->request(options_.threads, caf::infinite, start_thread{options_.config})
      .then(
        [this](const thread_started& x) {
          threads_.try_emplace(x.thread);
          start_next();
          finish_one();
        },
        [this](caf::error& err) { fail(std::move(err)); });
  }

  caf::result<void> subscribe_to_all() {
    auto answer = begin(threads_.size());
    for (const auto& [id, load] : threads_)
      self_
        ->request(options_.threads, caf::infinite,
                  subscribe_events{id, event_sink_actor{self_}, event_window, delta_wish::none})
        .then([this](const thread_summary&) { finish_one(); },
              [this](caf::error& err) { fail(std::move(err)); });
    return answer;
  }

  // ---- turns ----

  caf::result<void> run_turns(std::uint32_t turns) {
    auto answer = begin(turns == 0 ? 0 : threads_.size());
    for (auto& [id, load] : threads_) {
      load.turns_left = turns;
      if (turns > 0)
        start_turn(id);
    }
    return answer;
  }

  void start_turn(const thread_id& id) {
    submission next{{}, user_input{{text_input{options_.prompt}}, {}}};
    self_->request(options_.threads, caf::infinite, submit_to_thread{id, std::move(next)})
      .then([](const submitted&) {}, [this](caf::error& err) { fail(std::move(err)); });
  }

  caf::result<void> on_events(const event_batch& x) {
    auto it = threads_.find(x.thread);
    if (it == threads_.end())
      return caf::unit;
    for (const auto& one : x.events)
      on_event(x.thread, it->second, one.msg);
    give_credit(x.thread, it->second, static_cast<std::uint32_t>(x.events.size()));
    return caf::unit;
  }

  void on_event(const thread_id& id, thread_load& load, const event_msg& x) {
    if (const auto* error = std::get_if<turn_error>(&x))
      fail(caf::make_error(errc::internal, "a turn failed: " + error->message));
    if (!std::holds_alternative<task_complete>(x))
      return;
    if (--load.turns_left > 0)
      start_turn(id);
    else
      finish_one();
  }

  void give_credit(const thread_id& id, thread_load& load, std::uint32_t used) {
    load.used_credit += used;
    if (load.used_credit < event_window / 2)
      return;
    const auto back = std::exchange(load.used_credit, 0);
    caf::anon_send(options_.threads, event_credit{id, event_sink_actor{self_}, back});
  }

  caf::result<void> on_lagged() {
    fail(caf::make_error(errc::internal, "events were lost: the load gives credit too late"));
    return caf::unit;
  }

  load_actor::pointer self_;
  load_options options_;
  std::unordered_map<thread_id, thread_load> threads_;
  caf::typed_response_promise<void> answer_;
  std::size_t open_ = 0;    ///< what the open request still waits for
  std::size_t unasked_ = 0; ///< threads that are still to be started
};

} // namespace

load_actor spawn_load(caf::actor_system& sys, load_options options) {
  return sys.spawn<caf::stateful_actor<state, load_actor::impl>>(std::move(options));
}

} // namespace troupe::bench
