#define CAF_SUITE peer_link
#include <caf/test/bdd_dsl.hpp>

#include "tests/actors/event_relay/relay_fixture.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;

namespace {

thread_created on_b(std::uint8_t number) {
  return created(number, "b");
}

thread_closed gone_from_b(std::uint8_t number, const char* reason = "node lost") {
  return closed(number, reason, "b");
}

struct fixture : relay_fixture {
  /// What subscribers of node "a" heard since the last call.
  events heard() { return received(self.ptr()); }

  template <class Event>
  void from_peer(const Event& x) {
    caf::anon_send(peer_script.link, x);
    consume_messages();
  }

  bool has_link_to_b() {
    return std::holds_alternative<thread_door_actor>(
      ask<thread_door_actor>(relay, get_thread_manager{{"b"}}));
  }

  void restart_peer() {
    caf::anon_send_exit(peer, caf::exit_reason::user_shutdown);
    consume_messages();
    fake_peer fresh;
    fresh.live = peer_script.live;
    peer_script = fresh;
    peer = sys.spawn([](caf::event_based_actor* me) {
      harden(me);
      return caf::behavior{[](int) {}};
    });
  }
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("a peer's threads and events are published here once") {
  peer_script.live = {on_b(1)};
  start_relay();
  CHECK(!has_link_to_b());
  add_link();
  CHECK(has_link_to_b());
  CHECK_EQ(heard(), events{on_b(1)});
  from_peer(on_b(2));
  from_peer(on_b(2));
  from_peer(gone_from_b(1, "removed"));
  from_peer(on_b(3));
  CHECK_EQ(heard(), (events{on_b(2), gone_from_b(1, "removed"), on_b(3)}));
}

SCENARIO("a list in pages is one list") {
  peer_script.pages = {{on_b(1), on_b(2)}, {on_b(3)}};
  peer_script.live = {on_b(4)};
  start_relay();
  add_link();
  CHECK_EQ(heard(), (events{on_b(1), on_b(2), on_b(3), on_b(4)}));
  peer_script.pages = {{on_b(2)}};
  peer_script.live = {on_b(4)};
  from_peer(relay_cut{});
  pass(limits.first_redial * 3);
  CHECK_EQ(heard(), (events{gone_from_b(1), gone_from_b(3)}));
}

SCENARIO("a page that nobody asked for, or that is not the peer's, counts for nothing") {
  peer_script.live = {on_b(1)};
  start_relay();
  add_link();
  heard();
  from_peer(following{{"b"}, {on_b(7)}});
  from_peer(relay_cut{});
  pass(limits.first_redial * 3);
  CHECK_EQ(heard(), events{});
}

SCENARIO("a list that never ends is not kept") {
  limits.listed_threads = 2;
  peer_script.pages = {{on_b(1), on_b(2)}, {on_b(3)}};
  start_relay();
  add_link();
  CHECK(!has_link_to_b());
  CHECK_EQ(heard(), events{});
}

SCENARIO("a peer added twice is dialled once") {
  start_relay();
  add_link();
  add_link();
  CHECK_EQ(dials, 1);
}

SCENARIO("peers are bounded, and added from inside only") {
  limits.peers = 1;
  start_relay();
  add_link();
  const auto second = ask_unit(relay, add_peer{"other.example", 4});
  REQUIRE(std::holds_alternative<caf::error>(second));
  CHECK_EQ(std::get<caf::error>(second), errc::queue_full);
  caf::anon_send(relay, add_peer{"third.example", 4}); // nobody to answer for it
  consume_messages();
  CHECK_EQ(dials, 1);
}

SCENARIO("a cut link follows again and tells the difference") {
  peer_script.live = {on_b(1), on_b(2)};
  start_relay();
  add_link();
  heard();
  peer_script.live = {on_b(2), on_b(3)};
  from_peer(relay_cut{});
  CHECK(!has_link_to_b());
  from_peer(on_b(9)); // of the old following
  CHECK_EQ(heard(), events{});
  pass(limits.first_redial * 3);
  CHECK(has_link_to_b());
  CHECK_EQ(peer_script.follows, 2);
  CHECK_EQ(heard(), (events{gone_from_b(1), on_b(3)}));
}

SCENARIO("of two nodes that lost each other the one with the smaller name dials later") {
  start_relay();
  add_link();
  from_peer(relay_cut{});
  const auto other_end = std::chrono::duration<double, std::milli>(limits.first_redial) *
                         event_relay::redial_jitter_high;
  pass(std::chrono::ceil<std::chrono::milliseconds>(other_end));
  CHECK_EQ(dials, 1);
  pass(limits.first_redial);
  CHECK_EQ(dials, 2);
}

SCENARIO("the first dial comes within its time") {
  limits.first_dial = 200ms;
  start_relay();
  add_link();
  pass(limits.first_dial);
  CHECK_EQ(dials, 1);
}

SCENARIO("failed dials are repeated with growing waits") {
  dial_fails = true;
  start_relay();
  add_link();
  CHECK_EQ(dials, 1);
  auto wait = limits.first_redial;
  for (int i = 2; i <= 8; ++i) {
    const auto exact = std::chrono::duration<double, std::milli>(wait);
    const auto early = exact * event_relay::redial_jitter_low - 1ms;
    pass(std::chrono::floor<std::chrono::milliseconds>(early));
    CHECK_EQ(dials, i - 1);
    pass(wait);
    CHECK_EQ(dials, i);
    wait = std::min(wait * 2, limits.longest_redial);
  }
  dial_fails = false;
  pass(wait * 2);
  CHECK(has_link_to_b());
}

SCENARIO("a peer that never answers is left and dialled again") {
  peer_script.is_silent = true;
  start_relay();
  add_link();
  CHECK_EQ(peer_script.hellos, 1);
  pass(limits.answer + 1ms);
  peer_script.is_silent = false;
  pass(limits.longest_redial);
  CHECK_EQ(peer_script.hellos, 2);
  CHECK(has_link_to_b());
}

SCENARIO("a peer of another wire version is not followed, and asked again later") {
  peer_script.greeting.wire_version = wire_version + 1;
  start_relay();
  add_link();
  CHECK_EQ(peer_script.hellos, 1);
  pass(limits.longest_redial * 2);
  CHECK_EQ(peer_script.hellos, 1);
  pass(limits.incompatible_redial);
  CHECK_EQ(peer_script.hellos, 2);
  CHECK_EQ(peer_script.follows, 0);
  peer_script.greeting.wire_version = wire_version; // the peer was replaced
  pass(limits.incompatible_redial + 1ms);
  CHECK(has_link_to_b());
}

SCENARIO("a peer with this node's name is not followed") {
  peer_script.greeting.node = {"a"};
  start_relay();
  add_link();
  CHECK_EQ(peer_script.hellos, 1);
  CHECK_EQ(peer_script.follows, 0);
}

SCENARIO("credit goes back in batches, and on every beat") {
  limits.credit_batch = 3;
  start_relay();
  add_link();
  from_peer(on_b(1));
  from_peer(on_b(1)); // no news, but taken
  CHECK_EQ(peer_script.credits, 0);
  from_peer(on_b(2));
  CHECK_EQ(peer_script.credit, 3u);
  CHECK_EQ(peer_script.credits, 1);
  from_peer(gone_from_b(2, "removed"));
  pass(limits.beat);
  CHECK_EQ(peer_script.credit, 4u);
  CHECK_EQ(peer_script.credits, 2);
  pass(limits.beat);
  CHECK_EQ(peer_script.credit, 4u);
  CHECK_EQ(peer_script.credits, 3);
}

SCENARIO("a peer that stays away is forgotten, and news when it returns") {
  peer_script.live = {on_b(1)};
  start_relay();
  add_link();
  heard();
  dial_fails = true;
  from_peer(relay_cut{});
  pass(limits.forget / 2);
  CHECK_EQ(heard(), events{});
  for (int i = 0; i < 20; ++i)
    pass(limits.longest_redial);
  CHECK_EQ(heard(), events{gone_from_b(1)});
  dial_fails = false;
  pass(limits.longest_redial * 2);
  CHECK_EQ(heard(), events{on_b(1)});
}

SCENARIO("a peer that ends is dialled again") {
  peer_script.live = {on_b(1)};
  start_relay();
  add_link();
  heard();
  restart_peer();
  CHECK(!has_link_to_b());
  const auto before = dials;
  pass(limits.longest_redial);
  CHECK_GT(dials, before);
}

SCENARIO("CAF connects to the link that was made, and to none when there is none") {
  std::vector<std::function<void(net::dialled_link)>> made;
  dial_first = [&](const add_peer& x, std::function<void(net::dialled_link)> done) {
    CHECK_EQ(x.host, "peer.example");
    CHECK_EQ(x.port, 4);
    made.push_back(std::move(done));
  };
  start_relay();
  add_link();
  REQUIRE_EQ(made.size(), 1u);
  CHECK_EQ(dials, 0);
  made[0]({{}, {}, "nothing listens there"});
  consume_messages();
  CHECK_EQ(dials, 0);
  pass(limits.longest_redial);
  REQUIRE_EQ(made.size(), 2u);
  made[1]({"ticket", "b", {}});
  consume_messages();
  CHECK_EQ(dials, 1);
  CHECK_EQ(dialled_host, "ticket");
  CHECK(has_link_to_b());
  made.clear();
}

SCENARIO("a peer that says another name than its certificate is not followed") {
  dial_first = [&](const add_peer&, const std::function<void(net::dialled_link)>& done) {
    done({"ticket", "c", {}});
  };
  name_of = [](const caf::node_id&) { return std::optional<std::string>{"c"}; };
  start_relay();
  add_link();
  CHECK_EQ(peer_script.hellos, 1);
  CHECK_EQ(peer_script.follows, 0);
  CHECK(!has_link_to_b());
}

SCENARIO("links end with their relay") {
  start_relay();
  add_link();
  self->monitor(peer_script.link);
  caf::anon_send_exit(relay, caf::exit_reason::user_shutdown);
  consume_messages();
  bool is_down = false;
  self->receive([&](const caf::down_msg&) { is_down = true; }, caf::after(0s) >> [] {});
  CHECK(is_down);
}

END_FIXTURE_SCOPE()
