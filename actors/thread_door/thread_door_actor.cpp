#include "actors/thread_door/thread_door_actor.hpp"

#include "actors/common/harden.hpp"
#include "actors/thread_door/thread_places.hpp"

#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/group.hpp>
#include <caf/group_manager.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <map>
#include <optional>
#include <utility>

namespace troupe::thread_door {

namespace {

/// The door and, from inside the node, the news that a thread has ended. A pair: no peer can send
/// one (`peer_rules`).
using door_actor = thread_door_actor::extend<caf::result<void>(caf::delete_atom, thread_id)>;

/// Tells the door of threads that ended. Ends with it.
caf::behavior watch_threads(caf::event_based_actor* self, const door_actor& door) {
  harden(self);
  self->join(self->system().groups().get_local(thread_events_group));
  self->link_to(door);
  self->set_exit_handler([self](caf::exit_msg& x) { self->quit(std::move(x.reason)); });
  return {[](const thread_created&) {},
          [door](const thread_closed& x) { caf::anon_send(door, caf::delete_atom_v, x.thread); }};
}

class state {
public:
  state(door_actor::pointer self, dependencies deps)
    : self_(self), deps_(std::move(deps)),
      places_({.all = deps_.ceiling.limits.max_threads,
               .per_member = deps_.ceiling.limits.share_of_threads()}) {
    harden(self_);
    self_->set_exit_handler([this](caf::exit_msg& x) { self_->quit(std::move(x.reason)); });
  }

  door_actor::behavior_type make_behavior() {
    self_->system().spawn(watch_threads, door_actor{self_});
    return {
      [this](start_thread& x) { return on_start(std::move(x)); },
      [this](const thread_status_request& x) { return ask_about<thread_summary>(x.thread, x); },
      [this](submit_to_thread& x) { return on_submit(std::move(x)); },
      [this](const subscribe_events& x) { return on_subscribe(x); },
      [this](const event_credit& x) { return tell(x); },
      [this](const unsubscribe_events& x) { return tell(x); },
      [this](const remove_thread& x) { return on_remove(x); },
      [this](caf::delete_atom, const thread_id& x) -> caf::result<void> {
        places_.give_back(x);
        return caf::unit;
      },
    };
  }

  static inline const char* name = "thread-door";

private:
  caf::result<thread_started> on_start(start_thread x) {
    auto by = holder();
    if (!by)
      return caf::make_error(errc::node_unreachable, "the link has ended");
    if (const auto problem = places_.refusal(by->member); !problem.empty())
      return caf::make_error(errc::queue_full, problem);
    auto config = clamp(std::move(x.config), deps_.ceiling);
    if (const auto* problem = std::get_if<std::string>(&config))
      return caf::make_error(errc::invalid_request, *problem);
    const auto asker = enter();
    if (!asker)
      return busy();
    places_.begin_start(by->member);
    auto answer = self_->make_response_promise<thread_started>();
    self_
      ->request(deps_.manager, caf::infinite,
                start_thread{std::get<thread_config>(std::move(config))})
      .then(
        [this, answer, asker = *asker, by = *by](thread_started& started) mutable {
          leave(asker);
          places_.end_start(by.member);
          on_started(started.thread, std::move(by), asker);
          answer.deliver(std::move(started));
        },
        [this, answer, asker = *asker, by = *by](const caf::error& err) mutable {
          leave(asker);
          places_.end_start(by.member);
          answer.deliver(err);
        });
    return answer;
  }

  /// Who asks; none: its link has ended.
  std::optional<thread_places::holder> holder() const {
    const auto& sender = self_->current_sender();
    const auto node = sender ? sender->node() : caf::node_id{};
    auto life = caf::to_string(node);
    if (!deps_.name_of)
      return thread_places::holder{life, life};
    if (auto name = deps_.name_of(node))
      return thread_places::holder{*std::move(name), std::move(life)};
    return std::nullopt;
  }

  void on_started(const thread_id& thread, thread_places::holder by, const caf::node_id& node) {
    lives_.insert_or_assign(by.life, node);
    places_.take(thread, std::move(by), self_->clock().now());
    look_later();
  }

  // -- places that are given back

  void look_later() {
    if (is_watching_ || lives_.empty() || !deps_.name_of)
      return;
    is_watching_ = true;
    self_->run_delayed(deps_.limits.look, [this] {
      is_watching_ = false;
      look();
      look_later();
    });
  }

  void look() {
    const auto is_linked = [this](const std::string& life) {
      const auto known = lives_.find(life);
      return known != lives_.end() && deps_.name_of(known->second).has_value();
    };
    for (const auto& x : places_.forgotten(is_linked, self_->clock().now(), deps_.limits.patience))
      close_if_idle(x);
    std::erase_if(lives_, [this](const auto& x) { return !places_.has_life(x.first); });
  }

  void close_if_idle(const thread_id& thread) {
    self_->request(deps_.manager, caf::infinite, thread_status_request{thread})
      .then(
        [this, thread](const thread_summary& x) {
          if (x.state == thread_state::idle)
            self_->request(deps_.manager, caf::infinite, remove_thread{thread})
              .then([] {}, [](const caf::error&) {});
        },
        [this, thread](const caf::error& err) {
          if (err == errc::no_such_thread) // ended before its start was known here
            places_.give_back(thread);
        });
  }

  caf::result<submitted> on_submit(submit_to_thread x) {
    auto what = clamp(std::move(x.submission.op), deps_.ceiling);
    if (const auto* problem = std::get_if<std::string>(&what))
      return caf::make_error(errc::invalid_request, *problem);
    x.submission.op = std::get<op>(std::move(what));
    places_.touch(x.thread, self_->clock().now());
    return ask_about<submitted>(x.thread, x);
  }

  caf::result<thread_summary> on_subscribe(const subscribe_events& x) {
    // A sink of a third node would be spoken to on behalf of whoever asked.
    const auto& sender = self_->current_sender();
    if (!x.sink || !sender || x.sink.node() != sender->node())
      return caf::make_error(errc::invalid_request, "a subscription needs a sink of its own node");
    return ask_about<thread_summary>(x.thread, x);
  }

  caf::result<void> on_remove(const remove_thread& x) {
    if (!places_.has(x.thread))
      return unknown(x.thread);
    const auto asker = enter();
    if (!asker)
      return busy();
    auto answer = self_->make_response_promise<void>();
    self_->request(deps_.manager, caf::infinite, x)
      .then(
        [this, answer, asker = *asker]() mutable {
          leave(asker);
          answer.deliver();
        },
        [this, answer, asker = *asker](const caf::error& err) mutable {
          leave(asker);
          answer.deliver(err);
        });
    return answer;
  }

  template <class Answer, class Message>
  caf::result<Answer> ask_about(const thread_id& thread, const Message& x) {
    if (!places_.has(thread))
      return unknown(thread);
    const auto asker = enter();
    if (!asker)
      return busy();
    auto answer = self_->template make_response_promise<Answer>();
    self_->request(deps_.manager, caf::infinite, x)
      .then(
        [this, answer, asker = *asker](Answer& found) mutable {
          leave(asker);
          answer.deliver(std::move(found));
        },
        [this, answer, asker = *asker](const caf::error& err) mutable {
          leave(asker);
          answer.deliver(err);
        });
    return answer;
  }

  template <class Message>
  caf::result<void> tell(const Message& x) {
    if (places_.has(x.thread))
      caf::anon_send(deps_.manager, x);
    return caf::unit;
  }

  static caf::error unknown(const thread_id& id) {
    return caf::make_error(errc::no_such_thread, "no thread with id: " + to_string(id) +
                                                   " was started from another node");
  }

  static caf::error busy() {
    return caf::make_error(errc::queue_full, "too many requests of this node are open; try again");
  }

  /// Counts one more open request of the asking node; none: it has too many.
  std::optional<caf::node_id> enter() {
    const auto& sender = self_->current_sender();
    const auto asker = sender ? sender->node() : caf::node_id{};
    if (open_[asker] >= deps_.limits.open_requests)
      return std::nullopt;
    ++open_[asker];
    return asker;
  }

  void leave(const caf::node_id& asker) {
    const auto known = open_.find(asker);
    if (--known->second == 0)
      open_.erase(known);
  }

  door_actor::pointer self_;
  dependencies deps_;
  thread_places places_;                      // of live threads that other nodes have started
  std::map<std::string, caf::node_id> lives_; // of the places' holders
  bool is_watching_ = false;
  std::map<caf::node_id, std::size_t> open_; // requests
};

} // namespace

thread_door_actor spawn(caf::actor_system& sys, dependencies deps) {
  return sys.spawn<caf::stateful_actor<state, door_actor::impl>>(std::move(deps));
}

} // namespace troupe::thread_door
