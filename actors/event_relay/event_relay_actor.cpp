#include "actors/event_relay/event_relay_actor.hpp"

#include "actors/common/harden.hpp"
#include "actors/event_relay/follow_table.hpp"
#include "actors/event_relay/peer_link_actor.hpp"
#include "actors/event_relay/thread_roster.hpp"
#include "config/log.hpp"
#include "config/log_notices.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/group.hpp>
#include <caf/group_manager.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <cstddef>
#include <map>
#include <set>
#include <utility>
#include <vector>

namespace troupe::event_relay {

namespace {

class state {
public:
  state(caf::event_based_actor* self, dependencies deps)
    : self_(self), deps_(std::move(deps)), followers_(deps_.limits.followers, deps_.limits.window) {
    harden(self_);
    self_->set_down_handler([this](const caf::down_msg& x) { on_down(x); });
    self_->set_exit_handler([this](caf::exit_msg& x) { on_exit(x); });
  }

  caf::behavior make_behavior() {
    // First join, then ask: no thread falls between the two.
    self_->join(self_->system().groups().get_local(thread_events_group));
    self_->request(deps_.manager, caf::infinite, list_threads{})
      .then([this](const thread_list& x) { on_list(x); },
            [this](caf::error& x) { self_->quit(std::move(x)); });
    return {
      [this](const thread_created& x) { on_created(x); },
      [this](const thread_closed& x) { on_closed(x); },
      [this](const hello& x) { return on_hello(x); },
      [this](const follow& x) { return on_follow(x); },
      [this](const relay_credit& x) { on_credit(x); },
      [this](const get_thread_manager& x) { return on_get_thread_manager(x); },
      [this](const add_peer& x) { return on_add_peer(x); },
      [this](const link_up& x) { on_link_up(x); },
      [this](const link_down& x) { on_link_down(x); },
      [this](caf::join_atom, const caf::actor& x) { on_listener(x); },
    };
  }

  static inline const char* name = "event-relay";

private:
  using follow_promise = caf::typed_response_promise<following>;

  // -- this node's threads

  void on_list(const thread_list& x) {
    std::vector<thread_created> listed;
    listed.reserve(x.threads.size());
    for (const auto& thread : x.threads)
      listed.push_back({.thread = thread.thread,
                        .parent = thread.source.parent,
                        .source = thread.source,
                        .node = deps_.node});
    roster_.complete(listed);
    for (auto& [node, answer] : std::exchange(waiting_, {}))
      answer.deliver(start_following(node));
  }

  /// The group also carries what the links of this node publish; only its own threads go on.
  void on_created(const thread_created& x) {
    if (x.node != deps_.node)
      return;
    roster_.add(x);
    relay(x);
  }

  void on_closed(const thread_closed& x) {
    if (x.node != deps_.node)
      return;
    roster_.remove(x.thread);
    relay(x);
  }

  template <class Event>
  void relay(const Event& x) {
    const auto fan_out = followers_.on_event();
    for (const auto& node : fan_out.to)
      caf::anon_send(handles_[node], x);
    for (const auto& node : fan_out.cut) {
      log::notice(notices_, "slow " + node.value,
                  "node " + node.value + " follows too slowly and starts again");
      const auto handle = handles_.extract(node).mapped();
      self_->demonitor(handle);
      caf::anon_send(handle, relay_cut{});
      tell_follower_left(node);
    }
  }

  // -- followers

  caf::result<hello_reply> on_hello(const hello& x) {
    if (x.wire_version != wire_version)
      return caf::make_error(errc::incompatible_node, fmt::format("wire version {} here, {} there",
                                                                  wire_version, x.wire_version));
    const auto sender = caf::actor_cast<caf::actor>(self_->current_sender());
    if (!sender || x.node == deps_.node)
      return caf::make_error(errc::invalid_request, "a peer needs an address and its own name");
    const auto certified = deps_.name_of ? deps_.name_of(sender->node()) : x.node.value;
    if (!certified)
      return caf::make_error(errc::node_unreachable, "the link has ended");
    if (certified != x.node.value) {
      log::notice(notices_, "name", "a peer that is not node " + x.node.value + " said it were");
      return caf::make_error(errc::invalid_request, "its certificate has another name");
    }
    const auto known = handles_.find(x.node);
    if (known != handles_.end() && known->second != sender)
      return caf::make_error(errc::invalid_request, "a node of this name is connected already");
    if (!followers_.greet(x.node))
      return caf::make_error(errc::queue_full, "too many nodes follow this one");
    forget_handle(x.node);
    // The new handle may equal a dead one (guides/caf.md 9.3): it must replace it.
    handles_.emplace(x.node, sender);
    self_->monitor(sender);
    return hello_reply{wire_version, deps_.node};
  }

  caf::result<following> on_follow(const follow& x) {
    const auto known = handles_.find(x.node);
    if (known == handles_.end() || known->second != self_->current_sender())
      return caf::make_error(errc::invalid_request, "say hello first");
    if (roster_.is_complete())
      return start_following(x.node);
    auto answer = self_->make_response_promise<following>();
    waiting_.insert_or_assign(x.node, answer);
    return answer;
  }

  /// A long list goes ahead of its answer, page by page: messages between two actors keep their
  /// order.
  following start_following(const node_name& node) {
    followers_.follow(node);
    if (told_followers_.insert(node).second)
      tell(caf::join_atom_v, node);
    auto live = roster_.live();
    const auto page = static_cast<std::ptrdiff_t>(deps_.limits.list_page);
    auto rest = live.begin();
    for (; live.end() - rest > page; rest += page)
      self_->send(handles_[node], following{deps_.node, {rest, rest + page}});
    return {deps_.node, {rest, live.end()}};
  }

  void on_credit(const relay_credit& x) {
    const auto sender = self_->current_sender();
    for (const auto& [node, handle] : handles_)
      if (handle == sender && followers_.credit(node, x.count))
        return;
    // It believes to follow and does not: better to start again than to hear nothing for ever.
    if (const auto stranger = caf::actor_cast<caf::actor>(sender))
      caf::anon_send(stranger, relay_cut{});
  }

  void on_down(const caf::down_msg& x) {
    for (const auto& [node, handle] : handles_)
      if (handle == x.source) {
        followers_.remove(node);
        waiting_.erase(node);
        tell_follower_left(node);
        handles_.erase(node); // `node` is a part of it
        return;
      }
  }

  void forget_handle(const node_name& node) {
    if (const auto known = handles_.extract(node))
      self_->demonitor(known.mapped());
  }

  // -- peers

  caf::result<thread_door_actor> on_get_thread_manager(const get_thread_manager& x) {
    if (x.node == deps_.node && is_local_request())
      return thread_door_actor{deps_.manager};
    if (x.node == deps_.node && deps_.door)
      return deps_.door;
    const auto known = managers_.find(x.node);
    // Handles of third nodes do not travel: whoever asks dials that node itself.
    if (known == managers_.end() || !is_local_request())
      return caf::make_error(errc::node_unreachable, "no link to node " + x.node.value);
    return known->second;
  }

  caf::result<void> on_add_peer(const add_peer& x) {
    if (!is_local_request())
      return caf::make_error(errc::invalid_request, "peers are added from inside the node");
    const auto known = links_.find({x.host, x.port});
    if (known != links_.end())
      return caf::unit;
    if (links_.size() >= deps_.limits.peers)
      return caf::make_error(errc::queue_full, "too many peers");
    links_.emplace(std::pair{x.host, x.port}, spawn_link(self_, {.relay = self_,
                                                                 .node = deps_.node,
                                                                 .peer = x,
                                                                 .dialler = deps_.dialler,
                                                                 .dial = deps_.dial,
                                                                 .name_of = deps_.name_of,
                                                                 .limits = deps_.limits}));
    return caf::unit;
  }

  void on_link_up(const link_up& x) {
    if (!is_own_link())
      return;
    managers_.insert_or_assign(x.node, x.manager);
    tell(x);
  }

  void on_link_down(const link_down& x) {
    if (is_own_link() && managers_.erase(x.node) > 0)
      tell(x);
  }

  bool is_own_link() const {
    for (const auto& [address, link] : links_)
      if (link == self_->current_sender())
        return true;
    return false;
  }

  bool is_local_request() const {
    const auto& sender = self_->current_sender();
    return sender && sender->node() == self_->node();
  }

  // -- news of peers

  void on_listener(const caf::actor& x) {
    listener_ = x;
    for (const auto& [node, manager] : managers_)
      tell(link_up{node, manager});
    for (const auto& node : told_followers_)
      tell(caf::join_atom_v, node);
  }

  template <class... Ts>
  void tell(const Ts&... x) {
    if (listener_)
      caf::anon_send(listener_, x...);
  }

  void tell_follower_left(const node_name& node) {
    if (told_followers_.erase(node) > 0)
      tell(caf::leave_atom_v, node);
  }

  // -- end

  void on_exit(caf::exit_msg& x) {
    for (auto& [node, answer] : waiting_)
      answer.deliver(caf::make_error(errc::shutting_down, "the node is shutting down"));
    for (const auto& [address, link] : links_)
      self_->send_exit(link, caf::exit_reason::user_shutdown);
    listener_ = nullptr;
    self_->quit(std::move(x.reason));
  }

  caf::event_based_actor* self_;
  dependencies deps_;
  log::notice_limit notices_;
  thread_roster roster_;
  follow_table followers_;
  std::map<node_name, caf::actor> handles_;     // of everyone in `followers_`
  std::map<node_name, follow_promise> waiting_; // until the roster is complete
  std::map<std::pair<std::string, std::uint16_t>, caf::actor> links_;
  std::map<node_name, thread_door_actor> managers_; // of peers whose link is up
  std::set<node_name> told_followers_;              // those whose coming was told
  caf::actor listener_;
};

} // namespace

caf::actor spawn(caf::actor_system& sys, dependencies deps) {
  return sys.spawn<caf::stateful_actor<state>>(std::move(deps));
}

} // namespace troupe::event_relay
