#include "actors/event_relay/peer_link_actor.hpp"

#include "actors/common/actor_error.hpp"
#include "actors/common/harden.hpp"
#include "actors/event_relay/peer_view.hpp"
#include "config/log.hpp"
#include "config/log_notices.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/group.hpp>
#include <caf/group_manager.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>

#include <functional>
#include <iterator>
#include <random>
#include <set>
#include <utility>
#include <vector>

namespace troupe::event_relay {

namespace {

class link_state {
public:
  link_state(caf::event_based_actor* self, link_dependencies deps)
    : self_(self), deps_(std::move(deps)),
      // Waits must differ between nodes, not between runs.
      random_(std::hash<std::string>{}(deps_.node.value + ' ' + deps_.peer.host) +
              deps_.peer.port) {
    harden(self_);
    self_->set_down_handler([this](const caf::down_msg& x) {
      if (peer_ && peer_ == x.source)
        lose("the link was lost");
    });
    self_->set_exit_handler([this](caf::exit_msg& x) { self_->quit(std::move(x.reason)); });
  }

  caf::behavior make_behavior() {
    events_ = self_->system().groups().get_local(thread_events_group);
    away_since_ = self_->clock().now();
    start_round_after(first_wait());
    return {
      [this](const thread_created& x) { on_created(x); },
      [this](const thread_closed& x) { on_closed(x); },
      [this](const relay_cut&) { on_cut(); },
      [this](following& x) { on_page(x); },
      [this](caf::connect_atom, std::uint64_t round, const std::string& ticket,
             const std::string& node, const std::string& problem) {
        if (round == round_)
          on_dialled({ticket, node, problem});
      },
    };
  }

  static inline const char* name = "peer-link";

private:
  // -- answers. A late one, of an earlier round, is ignored.

  auto on_error() {
    return [this, round = round_](const caf::error& x) {
      if (round != round_)
        return;
      if (x == errc::incompatible_node)
        wait(deps_.limits.incompatible_redial, error_text(x));
      else
        lose(error_text(x));
    };
  }

  template <class Answer, class Message, class OnAnswer>
  void ask(Message message, OnAnswer on_answer) {
    self_->request(peer_, deps_.limits.answer, std::move(message))
      .then(
        [this, round = round_, on_answer = std::move(on_answer)](const Answer& x) {
          if (round == round_)
            on_answer(x);
        },
        on_error());
  }

  // -- one round: dial, connect, hello, manager, follow

  void start_round() {
    ++round_;
    if (!deps_.dial)
      return connect(deps_.peer.host, deps_.peer.port);
    deps_.dial(deps_.peer, [link = caf::actor{self_}, round = round_](net::dialled_link x) {
      caf::anon_send(link, caf::connect_atom_v, round, std::move(x.ticket), std::move(x.node),
                     std::move(x.problem));
    });
  }

  void on_dialled(const net::dialled_link& x) {
    if (x.ticket.empty())
      return lose(x.problem);
    certified_ = x.node;
    connect(x.ticket, 0);
  }

  void connect(const std::string& host, std::uint16_t port) {
    self_->request(deps_.dialler, deps_.limits.answer, caf::connect_atom_v, host, port)
      .then(
        [this, round = round_](const caf::node_id&, const caf::strong_actor_ptr& relay,
                               const std::set<std::string>&) {
          if (round == round_)
            on_connected(relay);
        },
        on_error());
  }

  void on_connected(const caf::strong_actor_ptr& relay) {
    if (!relay)
      return lose("no relay is published there");
    // CAF keeps one connection per pair of nodes: this may be an older one, of the same peer or
    // not.
    if (deps_.name_of && deps_.name_of(relay->node()) != certified_)
      return lose("the link is of another node");
    peer_ = caf::actor_cast<caf::actor>(relay);
    self_->monitor(peer_);
    ask<hello_reply>(hello{wire_version, deps_.node},
                     [this](const hello_reply& x) { on_hello(x); });
  }

  void on_hello(const hello_reply& x) {
    if (x.wire_version != wire_version)
      return refuse(x.wire_version);
    if (x.node == deps_.node)
      return lose("the peer has this node's name");
    if (deps_.name_of && x.node.value != certified_)
      return lose("it says that it is node " + x.node.value + ", its certificate is of node " +
                  certified_);
    ask<thread_door_actor>(get_thread_manager{x.node}, [this](const thread_door_actor& manager) {
      if (!manager || manager.node() != peer_.node())
        return lose("it passes another node's threads off as its own");
      manager_ = manager;
      awaits_list_ = true;
      ask<following>(follow{deps_.node}, [this](const following& list) { on_following(list); });
    });
  }

  /// Part of a list that is too long for its answer.
  void on_page(following& x) {
    if (!awaits_list_ || self_->current_sender() != peer_)
      return;
    if (pages_.size() + x.live.size() > deps_.limits.listed_threads)
      return lose("the peer lists too many threads");
    pages_.insert(pages_.end(), std::make_move_iterator(x.live.begin()),
                  std::make_move_iterator(x.live.end()));
  }

  void on_following(const following& last) {
    following x{last.node, std::exchange(pages_, {})};
    x.live.insert(x.live.end(), last.live.begin(), last.live.end());
    awaits_list_ = false;
    follows_ = true;
    attempts_ = 0;
    taken_ = 0;
    log::info("peer-link: following node {} at {}:{}", x.node.value, deps_.peer.host,
              deps_.peer.port);
    // Before the events: who hears of a thread can ask the relay for its manager.
    self_->send(deps_.relay, link_up{x.node, manager_});
    for (const auto& event : view_.resync(x))
      publish(event);
    start_beat();
  }

  // -- following

  void on_created(const thread_created& x) {
    if (!follows_)
      return;
    count_taken();
    if (view_.add(x))
      caf::anon_send(events_, x);
  }

  void on_closed(const thread_closed& x) {
    if (!follows_)
      return;
    count_taken();
    if (view_.remove(x))
      caf::anon_send(events_, x);
  }

  void publish(const thread_event& x) {
    std::visit([this](const auto& event) { caf::anon_send(events_, event); }, x);
  }

  void count_taken() {
    if (++taken_ >= deps_.limits.credit_batch)
      give_credit();
  }

  void give_credit() { self_->send(peer_, relay_credit{std::exchange(taken_, 0)}); }

  void start_beat() {
    self_->run_delayed(deps_.limits.beat, [this, round = round_] {
      if (round != round_)
        return;
      give_credit();
      start_beat();
    });
  }

  void on_cut() {
    if (follows_)
      lose("the peer cut us: too many events open");
  }

  // -- loss

  void refuse(std::uint32_t theirs) {
    wait(deps_.limits.incompatible_redial,
         fmt::format("wire version {} here, {} there", wire_version, theirs));
  }

  void lose(const std::string& why) {
    ++attempts_;
    std::uniform_real_distribution<double> jitter{redial_jitter_low, redial_jitter_high};
    auto delay = redial_delay(deps_.limits, attempts_, jitter(random_));
    // Both ends notice the loss in the same instant; one of them lets the other dial first.
    if (deps_.node < view_.node())
      delay += deps_.limits.first_redial;
    wait(delay, why);
  }

  std::chrono::milliseconds first_wait() {
    std::uniform_int_distribution<std::int64_t> spread{0, deps_.limits.first_dial.count()};
    return std::chrono::milliseconds{spread(random_)};
  }

  void wait(std::chrono::milliseconds delay, const std::string& why) {
    log::notice(notices_, follows_ ? "lost" : "dial",
                fmt::format("peer {}:{}: {}; next try in {} ms", deps_.peer.host, deps_.peer.port,
                            why, delay.count()));
    ++round_;
    drop_peer();
    if (self_->clock().now() - away_since_ >= deps_.limits.forget)
      for (const auto& event : view_.forget())
        publish(event);
    start_round_after(delay);
  }

  void start_round_after(std::chrono::milliseconds delay) {
    if (delay == std::chrono::milliseconds{0})
      return start_round();
    self_->run_delayed(delay, [this, round = round_] {
      if (round == round_)
        start_round();
    });
  }

  void drop_peer() {
    awaits_list_ = false;
    pages_ = {};
    if (peer_)
      self_->demonitor(peer_);
    peer_ = nullptr;
    manager_ = nullptr;
    if (!std::exchange(follows_, false))
      return;
    away_since_ = self_->clock().now();
    self_->send(deps_.relay, link_down{view_.node()});
  }

  caf::event_based_actor* self_;
  link_dependencies deps_;
  std::mt19937_64 random_;
  caf::group events_;
  std::uint64_t round_ = 0; // of dialling; whatever belongs to another one is void
  unsigned attempts_ = 0;   // since the peer was last followed
  caf::actor peer_;
  thread_door_actor manager_;
  std::string certified_; // name of the node that was dialled
  log::notice_limit notices_;
  bool awaits_list_ = false;
  std::vector<thread_created> pages_; // of the list that is awaited
  bool follows_ = false;
  std::uint32_t taken_ = 0; // events not yet given credit for
  peer_view view_;
  caf::actor_clock::time_point away_since_;
};

} // namespace

caf::actor spawn_link(caf::event_based_actor* owner, link_dependencies deps) {
  return owner->spawn<caf::stateful_actor<link_state>, caf::linked>(std::move(deps));
}

} // namespace troupe::event_relay
