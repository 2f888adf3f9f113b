#include "tests/load/turn_load_actor.hpp"

#include "actors/common/harden.hpp"

#include <caf/actor_system.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <unordered_map>
#include <utility>
#include <variant>

namespace troupe::test {

namespace {

constexpr std::uint32_t event_window = 256;

class state {
public:
  state(turn_load_actor::pointer self, turn_load_options options)
    : self_(self), options_(std::move(options)) {
    harden(self_);
  }

  turn_load_actor::behavior_type make_behavior() {
    return {
      [this](const event_batch& x) { return on_events(x); },
      [this](const events_lagged&) { return on_lagged(); },
      [this](caf::put_atom, std::uint32_t threads, std::uint32_t turns) {
        return run(threads, turns);
      },
    };
  }

  static inline const char* name = "turn-load";

private:
  struct thread_load {
    std::uint32_t turns_left = 0;
    std::uint32_t used_credit = 0;
    bool has_failed = false; // the turn under way
  };

  caf::result<void> run(std::uint32_t threads, std::uint32_t turns) {
    answer_ = self_->make_response_promise<void>();
    open_ = threads;
    for (std::uint32_t i = 0; i < threads; ++i)
      self_->request(options_.threads, caf::infinite, start_thread{options_.config})
        .then([this, turns](const thread_started& x) { on_started(x.thread, turns); },
              [this](const caf::error& err) { give_up("no thread: " + to_string(err)); });
    return answer_;
  }

  void on_started(const thread_id& id, std::uint32_t turns) {
    threads_[id].turns_left = turns;
    self_
      ->request(options_.threads, caf::infinite,
                subscribe_events{id, event_sink_actor{self_}, event_window, delta_wish::none})
      .then([this, id](const thread_summary&) { start_turn(id); },
            [this](const caf::error& err) { give_up("no subscription: " + to_string(err)); });
  }

  void start_turn(const thread_id& id) {
    submission next{{}, user_input{{text_input{"Say something."}}, {}}};
    self_->request(options_.threads, caf::infinite, submit_to_thread{id, std::move(next)})
      .then([](const submitted&) {},
            [this](const caf::error& err) { give_up("no turn: " + to_string(err)); });
  }

  caf::result<void> on_events(const event_batch& x) {
    const auto load = threads_.find(x.thread);
    if (load == threads_.end())
      return caf::unit;
    for (const auto& one : x.events)
      on_event(x.thread, load->second, one.msg);
    give_credit(x.thread, load->second, static_cast<std::uint32_t>(x.events.size()));
    return caf::unit;
  }

  void on_event(const thread_id& id, thread_load& load, const event_msg& x) {
    auto& tally = *options_.tally;
    if (const auto* error = std::get_if<turn_error>(&x)) {
      load.has_failed = true;
      ++tally.errors[error->message];
    } else if (std::holds_alternative<stream_error>(x)) {
      ++tally.retries;
    } else if (std::holds_alternative<task_complete>(x)) {
      ++(std::exchange(load.has_failed, false) ? tally.failed : tally.completed);
      if (--load.turns_left > 0)
        start_turn(id);
      else
        remove(id);
    } else if (std::holds_alternative<turn_aborted>(x)) {
      give_up("a turn was aborted");
    }
  }

  void remove(const thread_id& id) {
    self_->request(options_.threads, caf::infinite, remove_thread{id})
      .then([this] { on_removed(); },
            [this](const caf::error& err) { give_up("not removed: " + to_string(err)); });
  }

  void on_removed() {
    if (--open_ > 0)
      return;
    threads_.clear();
    answer_.deliver();
  }

  void give_credit(const thread_id& id, thread_load& load, std::uint32_t used) {
    load.used_credit += used;
    if (load.used_credit < event_window / 2)
      return;
    const auto back = std::exchange(load.used_credit, 0);
    caf::anon_send(options_.threads, event_credit{id, event_sink_actor{self_}, back});
  }

  caf::result<void> on_lagged() {
    give_up("events were lost");
    return caf::unit;
  }

  void give_up(std::string problem) {
    options_.tally->problem = std::move(problem);
    if (answer_.pending())
      answer_.deliver(); // the test looks at the problem first
  }

  turn_load_actor::pointer self_;
  turn_load_options options_;
  std::unordered_map<thread_id, thread_load> threads_;
  caf::typed_response_promise<void> answer_;
  std::uint32_t open_ = 0; // threads that are not removed yet
};

} // namespace

turn_load_actor spawn_turn_load(caf::actor_system& sys, turn_load_options options) {
  return sys.spawn<caf::stateful_actor<state, turn_load_actor::impl>>(std::move(options));
}

} // namespace troupe::test
