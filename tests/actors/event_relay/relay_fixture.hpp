#pragma once

// Included after caf/test/bdd_dsl.hpp.

#include "actors/common/harden.hpp"
#include "actors/event_relay/event_relay_actor.hpp"
#include "tests/actors/event_relay/relay_samples.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/group.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <optional>
#include <set>
#include <variant>
#include <vector>

namespace troupe::test {

using event_relay::limits;

/// A thread manager of which only the list counts. While `holds` it lets the asker wait.
struct fake_manager {
  thread_list list;
  bool holds = false;
  bool fails = false;
  std::vector<caf::typed_response_promise<thread_list>> waiting;
};

/// A relay on another node, as a link meets it.
struct fake_peer {
  hello_reply greeting{wire_version, {"b"}};
  std::vector<thread_created> live;
  std::vector<std::vector<thread_created>> pages; // sent before `live`
  bool is_silent = false;                         // answers no hello
  std::vector<caf::typed_response_promise<hello_reply>> unanswered;
  int hellos = 0;
  int follows = 0;
  std::uint32_t credit = 0;
  int credits = 0;
  caf::actor link;
};

/// One relay on node "a", everything else made of fakes, no threads and no clock.
struct relay_fixture : test_coordinator_fixture<> {
  using event = std::variant<thread_created, thread_closed>;
  using events = std::vector<event>;

  fake_manager manager_script;
  fake_peer peer_script;
  bool dial_fails = false;
  int dials = 0;
  event_relay::limits limits;
  event_relay::link_dial dial_first;
  event_relay::name_lookup name_of;
  std::string dialled_host;

  caf::group group = sys.groups().get_local(thread_events_group);
  caf::actor manager = sys.spawn([this](caf::event_based_actor* me) { return manage(me); });
  caf::actor peer = sys.spawn([this](caf::event_based_actor* me) { return play_peer(me); });
  caf::actor dialler = sys.spawn([this](caf::event_based_actor* me) { return dial(me); });
  caf::actor relay;

  relay_fixture() {
    limits.first_dial = std::chrono::milliseconds{0};
    self->join(group);
  }

  ~relay_fixture() {
    self->leave(group);
    for (const auto& x : {relay, manager, peer, dialler})
      if (x)
        caf::anon_send_exit(x, caf::exit_reason::user_shutdown);
    relay = manager = peer = dialler = nullptr;
    peer_script = {};
    manager_script.waiting.clear();
    consume_messages();
  }

  void start_relay() {
    relay = event_relay::spawn(sys, {.manager = caf::actor_cast<thread_manager_actor>(manager),
                                     .node = {"a"},
                                     .dialler = caf::actor_cast<caf::io::middleman_actor>(dialler),
                                     .dial = dial_first,
                                     .name_of = name_of,
                                     .limits = limits});
    consume_messages();
  }

  /// The answer to a request of `self`, or its error.
  template <class Answer, class Message>
  std::variant<Answer, caf::error> ask(const caf::actor& to, Message x) {
    return ask_as<Answer>(self.ptr(), to, std::move(x));
  }

  template <class Answer, class Message>
  std::variant<Answer, caf::error> ask_as(caf::blocking_actor* asker, const caf::actor& to,
                                          Message x) {
    auto request = asker->request(to, caf::infinite, std::move(x));
    consume_messages();
    std::variant<Answer, caf::error> result{caf::make_error(caf::sec::runtime_error)};
    request.receive([&](Answer& answer) { result = std::move(answer); },
                    [&](caf::error& error) { result = std::move(error); });
    return result;
  }

  /// Everything `x` was sent so far, by the group or by a relay; a cut is counted.
  events received(caf::blocking_actor* x, int* cuts = nullptr) {
    events result;
    bool more = true;
    while (more)
      x->receive([&](const thread_created& e) { result.emplace_back(e); },
                 [&](const thread_closed& e) { result.emplace_back(e); },
                 [&](const relay_cut&) {
                   if (cuts)
                     ++*cuts;
                 },
                 caf::after(std::chrono::seconds{0}) >> [&] { more = false; });
    return result;
  }

  void publish(const event& x) {
    std::visit([this](const auto& e) { caf::anon_send(group, e); }, x);
    consume_messages();
  }

  void pass(std::chrono::milliseconds time) {
    advance_time(time);
    consume_messages();
  }

  void add_link() {
    if (!std::holds_alternative<caf::unit_t>(ask_unit(relay, add_peer{"peer.example", 4})))
      CAF_FAIL("the peer was refused");
  }

  std::variant<caf::unit_t, caf::error> ask_unit(const caf::actor& to, const add_peer& x) {
    auto request = self->request(to, caf::infinite, x);
    consume_messages();
    std::variant<caf::unit_t, caf::error> result;
    request.receive([] {}, [&](caf::error& error) { result = std::move(error); });
    return result;
  }

private:
  caf::behavior manage(caf::event_based_actor* me) {
    harden(me);
    return {
      [this, me](const list_threads&) -> caf::result<thread_list> {
        if (manager_script.fails)
          return caf::make_error(errc::internal);
        if (!manager_script.holds)
          return manager_script.list;
        manager_script.waiting.push_back(me->make_response_promise<thread_list>());
        return manager_script.waiting.back();
      },
      [this](caf::ok_atom) { // answers all who wait
        for (auto& x : manager_script.waiting)
          x.deliver(manager_script.list);
        manager_script.waiting.clear();
      },
    };
  }

  caf::behavior play_peer(caf::event_based_actor* me) {
    harden(me);
    return {
      [this, me](const hello&) -> caf::result<hello_reply> {
        ++peer_script.hellos;
        peer_script.link = caf::actor_cast<caf::actor>(me->current_sender());
        if (!peer_script.is_silent)
          return peer_script.greeting;
        peer_script.unanswered.push_back(me->make_response_promise<hello_reply>());
        return peer_script.unanswered.back();
      },
      [this](const get_thread_manager&) { return caf::actor_cast<thread_door_actor>(manager); },
      [this, me](const follow&) {
        ++peer_script.follows;
        for (const auto& page : peer_script.pages)
          me->send(peer_script.link, following{peer_script.greeting.node, page});
        return following{peer_script.greeting.node, peer_script.live};
      },
      [this](const relay_credit& x) {
        peer_script.credit += x.count;
        ++peer_script.credits;
      },
    };
  }

  caf::behavior dial(caf::event_based_actor* me) {
    harden(me);
    return {[this](caf::connect_atom, const std::string& host, std::uint16_t)
              -> caf::result<caf::node_id, caf::strong_actor_ptr, std::set<std::string>> {
      ++dials;
      dialled_host = host;
      if (dial_fails)
        return caf::make_error(caf::sec::cannot_connect_to_node);
      return {peer.node(), caf::actor_cast<caf::strong_actor_ptr>(peer), std::set<std::string>{}};
    }};
  }
};

} // namespace troupe::test
