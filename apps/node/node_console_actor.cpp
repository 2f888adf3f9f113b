#include "apps/node/node_console_actor.hpp"

#include "actors/common/actor_error.hpp"
#include "actors/common/harden.hpp"
#include "actors/thread_manager/thread_manager_actor.hpp"

#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/group.hpp>
#include <caf/group_manager.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <map>
#include <set>
#include <string_view>
#include <utility>

namespace troupe::node_app {

namespace {

/// A thread's events in flight to the console; printing them gives them back.
constexpr std::uint32_t event_window = 256;
/// Every answer of another node must come within this time; a lost node answers nothing.
constexpr std::chrono::seconds remote_limit{15};

/// Prints a thread's events and gives credit for them.
class sink_state {
public:
  sink_state(event_sink_actor::pointer self, caf::actor console)
    : self_(self), console_(std::move(console)) {
    harden(self_);
  }

  event_sink_actor::behavior_type make_behavior() {
    return {[this](const event_batch& x) -> caf::result<void> {
              caf::anon_send(console_, x);
              return caf::unit;
            },
            [this](const events_lagged& x) -> caf::result<void> {
              caf::anon_send(console_, x);
              return caf::unit;
            }};
  }

  static inline const char* name = "node-console-sink";

private:
  event_sink_actor::pointer self_;
  caf::actor console_;
};

class console_state {
public:
  console_state(caf::event_based_actor* self, console_dependencies deps)
    : self_(self), deps_(std::move(deps)) {
    harden(self_);
    self_->set_exit_handler([this](caf::exit_msg& x) {
      self_->send_exit(sink_, caf::exit_reason::user_shutdown);
      sink_ = nullptr;
      self_->quit(std::move(x.reason));
    });
  }

  caf::behavior make_behavior() {
    sink_ = self_->system().spawn<caf::stateful_actor<sink_state, event_sink_actor::impl>>(
      caf::actor{self_});
    self_->join(self_->system().groups().get_local(thread_manager::thread_events_group));
    caf::anon_send(deps_.relay, caf::join_atom_v, caf::actor{self_}); // for news of peers
    return {
      [this](const thread_created& x) {
        known_.insert_or_assign(x.thread, x);
        print(thread_created_line(x));
      },
      [this](const thread_closed& x) {
        known_.erase(x.thread);
        managers_.erase(x.thread);
        print(thread_closed_line(x));
      },
      [this](const event_batch& x) { on_events(x); },
      [this](const events_lagged& x) { print(lagged_line(x)); },
      [this](const std::string& line) { on_line(line); },
      [this](const link_up& x) { on_joined(x.node, nodes_.followed, peer_role::followed); },
      [this](const link_down& x) { on_left(x.node, nodes_.followed, peer_role::followed); },
      [this](caf::join_atom, const node_name& x) {
        on_joined(x, nodes_.followers, peer_role::follower);
      },
      [this](caf::leave_atom, const node_name& x) {
        on_left(x, nodes_.followers, peer_role::follower);
      },
    };
  }

  static inline const char* name = "node-console";

private:
  /// A node goes on without a reader: its threads have other ones.
  void print(std::string_view line) {
    const bool was_lost = static_cast<bool>(deps_.out.error());
    deps_.out.write(line);
    if (!was_lost && deps_.out.error())
      deps_.on_lost(deps_.out.error());
  }

  void on_events(const event_batch& x) {
    for (const auto& event : x.events)
      print(event_line(x.thread, event));
    if (auto it = managers_.find(x.thread); it != managers_.end())
      caf::anon_send(it->second,
                     event_credit{x.thread, sink_, static_cast<std::uint32_t>(x.events.size())});
  }

  void on_joined(const node_name& x, std::set<std::string>& among, peer_role role) {
    if (among.insert(x.value).second)
      print(node_joined_line(x.value, role));
  }

  void on_left(const node_name& x, std::set<std::string>& among, peer_role role) {
    if (among.erase(x.value) > 0)
      print(node_left_line(x.value, role));
  }

  void on_line(const std::string& line) {
    auto parsed = parse_order(line);
    if (const auto* problem = std::get_if<order_problem>(&parsed))
      return print(error_line(*problem));
    std::visit([this](const auto& x) { carry_out(x); }, std::get<node_app::order>(parsed));
  }

  void carry_out(const list_order&) {
    for (const auto& [id, created] : known_)
      print(thread_created_line(created));
    print(list_completed_line(known_.size(), nodes_));
  }

  void carry_out(const start_order& x) {
    const node_name target = x.node.empty() ? deps_.node : node_name{x.node};
    self_->request(deps_.relay, remote_limit, get_thread_manager{target})
      .then(
        [this, prompt = x.prompt](const thread_door_actor& manager) { start_on(manager, prompt); },
        [this, target](const caf::error& err) {
          print(error_line(
            {err == errc::node_unreachable ? no_link_text(target.value, nodes_) : error_text(err),
             {.op = "start", .thread = {}}}));
        });
  }

  void start_on(const thread_door_actor& manager, const std::string& prompt) {
    self_->request(manager, remote_limit, start_thread{deps_.config})
      .then([this, manager, prompt](const thread_started& x) { follow(manager, x.thread, prompt); },
            failed({.op = "start", .thread = {}}, "the thread could not be started"));
  }

  /// Subscribes before the first turn, so that none of its events is missed.
  void follow(const thread_door_actor& manager, const thread_id& thread,
              const std::string& prompt) {
    const order_name about{.op = "start", .thread = thread};
    managers_.insert_or_assign(thread, manager);
    self_
      ->request(manager, remote_limit,
                subscribe_events{thread, sink_, event_window, delta_wish::none})
      .then([this, about, prompt](const thread_summary&) { submit(about, prompt); },
            failed(about, "the thread's events cannot be followed"));
  }

  void carry_out(const submit_order& x) {
    const order_name about{.op = "submit", .thread = x.thread};
    if (managers_.count(x.thread) == 0)
      return print(
        error_line({"no thread of that id was started from this console, or it has ended", about}));
    submit(about, x.prompt);
  }

  /// `about`: of a thread that is known.
  void submit(const order_name& about, const std::string& prompt) {
    const auto& thread = *about.thread;
    submission turn{.id = new_item_id(), .op = user_input{{text_input{prompt}}, {}}};
    self_->request(managers_.at(thread), remote_limit, submit_to_thread{thread, std::move(turn)})
      .then([](const submitted&) {}, failed(about, "the turn was not accepted"));
  }

  std::function<void(const caf::error&)> failed(const order_name& about, const char* what) {
    return [this, about, what](const caf::error& err) {
      print(error_line({std::string{what} + ": " + error_text(err), about}));
    };
  }

  caf::event_based_actor* self_;
  console_dependencies deps_;
  event_sink_actor sink_;
  linked_nodes nodes_;
  std::map<thread_id, thread_created> known_;
  std::map<thread_id, thread_door_actor> managers_; ///< of the threads started here
};

} // namespace

caf::actor spawn_console(caf::actor_system& sys, console_dependencies deps) {
  return sys.spawn<caf::stateful_actor<console_state>>(std::move(deps));
}

void give_order(const caf::actor& console, std::string line) {
  caf::anon_send(console, std::move(line));
}

} // namespace troupe::node_app
