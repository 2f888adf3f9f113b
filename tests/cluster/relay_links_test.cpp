#define CAF_SUITE relay_links
#include <caf/test/bdd_dsl.hpp>

#include "tests/cluster/test_node.hpp"
#include "tests/support/tcp_cutter.hpp"

#include <future>
#include <set>

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;

namespace {

/// A client on another node, that speaks to a relay as a link does.
class bare_follower {
public:
  bare_follower(const char* name, std::uint16_t port, const char* certified = nullptr)
    : name_{name}, config_(linked_node()), sys_(config_), self_(sys_),
      cluster_(sys_, open_links(io_, files_of(cluster_authority(), certified ? certified : name))) {
    const auto link = dial(port);
    self_->request(cluster_.dialler(), 20s, caf::connect_atom_v, link.ticket, std::uint16_t{0})
      .receive([this](const caf::node_id&, const caf::strong_actor_ptr& x,
                      const std::set<std::string>&) { relay_ = caf::actor_cast<caf::actor>(x); },
               [](const caf::error& x) { CAF_FAIL("cannot connect: " << x); });
  }

  ~bare_follower() {
    relay_ = nullptr;
    cluster_.stop();
  }

  const caf::actor& relay() const { return relay_; }
  caf::scoped_actor& self() { return self_; }

  /// The error of the answer, if it is one.
  caf::error say_hello(std::uint32_t version = wire_version) {
    caf::error result;
    self_->request(relay_, 20s, hello{version, name_})
      .receive([](const hello_reply&) {}, [&](const caf::error& x) { result = x; });
    return result;
  }

  std::vector<thread_created> follow() {
    std::vector<thread_created> result;
    self_->request(relay_, 20s, troupe::follow{name_})
      .receive([&](const following& x) { result = x.live; },
               [](const caf::error& x) { CAF_FAIL("refused: " << x); });
    return result;
  }

  /// Takes events without giving credit, until the relay cuts; how many there were.
  std::size_t count_until_cut() {
    std::size_t count = 0;
    bool is_cut = false;
    while (!is_cut)
      self_->receive([&](const thread_created&) { ++count; },
                     [&](const relay_cut&) { is_cut = true; },
                     caf::after(20s) >> [] { CAF_FAIL("not cut within 20 s"); });
    return count;
  }

private:
  net::dialled_link dial(std::uint16_t port) {
    std::promise<net::dialled_link> made;
    cluster_.links().dial("127.0.0.1", port, {}, [&](net::dialled_link x) { made.set_value(x); });
    return made.get_future().get();
  }

  node_name name_;
  net::io_pool io_;
  config::node_config config_;
  caf::actor_system sys_;
  caf::scoped_actor self_;
  event_relay::cluster_port cluster_;
  caf::actor relay_;
};

/// A relay of a later release: tells `witness` of every message it gets.
caf::behavior later_relay(caf::event_based_actor* self, const caf::actor& witness) {
  harden(self);
  return {
    [witness](const hello& x) {
      caf::anon_send(witness, x);
      return hello_reply{wire_version + 1, {"later"}};
    },
    [witness](const follow& x) {
      caf::anon_send(witness, x);
      return following{{"later"}, {}};
    },
  };
}

} // namespace

SCENARIO("a client of another wire version is refused") {
  test_node a{"a"};
  bare_follower old{"old", a.port()};
  CHECK_EQ(old.say_hello(wire_version + 1), errc::incompatible_node);
  CHECK_EQ(old.say_hello(wire_version - 1), errc::incompatible_node);
  CHECK_EQ(old.say_hello(), caf::error{});
}

SCENARIO("a member that says another name than its certificate's is refused") {
  test_node a{"a"};
  bare_follower liar{"other", a.port(), "liar"};
  CHECK_EQ(liar.say_hello(), errc::invalid_request);
  bare_follower honest{"other", a.port()};
  CHECK_EQ(honest.say_hello(), caf::error{});
}

SCENARIO("messages that no peer may send reach no actor, whichever number is guessed") {
  test_node a{"a"};
  bare_follower member{"member", a.port()};
  REQUIRE_EQ(member.say_hello(), caf::error{});
  const auto relay = caf::actor_cast<caf::actor>(member.relay());
  caf::anon_send(relay, close_all_threads{});
  caf::anon_send(relay, services_changed{});
  caf::anon_send(relay, std::string{"{\"op\":\"start\",\"prompt\":\"x\"}"});
  caf::anon_send_exit(relay, caf::exit_reason::kill);
  caf::anon_send(relay, caf::exit_msg{});
  CHECK_EQ(member.say_hello(), caf::error{}); // it lives, and the link stands
  const auto id = a.create();
  CHECK_EQ(member.follow().size(), 1u);
  CHECK_NE(id, thread_id{});
}

SCENARIO("a peer of another wire version is greeted again and again, but never followed") {
  test_node b{"b"};
  net::io_pool io;
  config::node_config config{linked_node()};
  caf::actor_system later{config};
  const auto witness = caf::actor_cast<caf::actor>(b.observer.ptr());
  auto relay = later.spawn(later_relay, witness);
  event_relay::cluster_port cluster{later, open_links(io, files_of(cluster_authority(), "later"))};
  const auto port = cluster.publish(relay, "127.0.0.1", 0);
  REQUIRE(std::holds_alternative<std::uint16_t>(port));
  b.follow_port(std::get<std::uint16_t>(port));
  for (int i = 0; i < 3; ++i)
    b.observer->receive([](const hello& x) { CHECK_EQ(x.wire_version, wire_version); },
                        [](const follow&) { CAF_FAIL("followed"); },
                        caf::after(20s) >> [] { CAF_FAIL("no hello within 20 s"); });
  caf::anon_send_exit(relay, caf::exit_reason::user_shutdown);
}

SCENARIO("a follower that gives no credit is cut and starts again from the list") {
  auto limits = quick_limits();
  limits.window = 4;
  test_node a{"a", linked_node(), limits};
  bare_follower slow{"slow", a.port()};
  REQUIRE_EQ(slow.say_hello(), caf::error{});
  CHECK(slow.follow().empty());
  for (int i = 0; i < 6; ++i)
    a.create();
  CHECK_EQ(slow.count_until_cut(), 4u);
  REQUIRE_EQ(slow.say_hello(), caf::error{});
  CHECK_EQ(slow.follow().size(), 6u);
}

SCENARIO("a link gives credit in time, however small the window") {
  auto limits = quick_limits();
  limits.window = 8;
  limits.credit_batch = 4;
  test_node a{"a", linked_node(), limits};
  test_node b{"b", linked_node(), limits};
  b.follow_port(a.port());
  for (int i = 0; i < 200; ++i) {
    const auto id = a.create();
    const auto heard = b.next_event(); // one at a time: the link is never behind
    REQUIRE(std::holds_alternative<thread_created>(heard));
    CHECK_EQ(std::get<thread_created>(heard).thread, id);
  }
}

SCENARIO("a flood beyond the window loses nothing in the end") {
  auto limits = quick_limits();
  limits.window = 8;
  limits.credit_batch = 4;
  test_node a{"a", linked_node(), limits};
  test_node b{"b", linked_node(), limits};
  b.follow_port(a.port());
  std::set<thread_id> made;
  for (int i = 0; i < 500; ++i)
    made.insert(a.create());
  std::set<thread_id> heard;
  while (heard.size() < made.size()) {
    const auto event = b.next_event();
    REQUIRE(std::holds_alternative<thread_created>(event));
    if (!heard.insert(std::get<thread_created>(event).thread).second)
      CAF_FAIL("heard of a thread twice");
  }
  CHECK_EQ(heard, made);
}

SCENARIO("a node ends while its links are up, cut, silent or refused") {
  // Passes by coming to its end: a hanging shutdown is killed by the test engine.
  test_node a{"a"};
  tcp_cutter gone{a.port()};
  tcp_cutter silent{a.port()};
  gone.cut();
  silent.stall();
  {
    test_node b{"b"};
    b.follow_port(gone.port());
    b.follow_port(silent.port());
#ifndef CAF_ENABLE_RUNTIME_CHECKS // CAF's own checks do not allow for a node that dials itself
    b.follow_port(b.port());
#endif
    b.follow_port(a.port());
    const auto id = a.create();
    const auto heard = b.next_event();
    CHECK_EQ(heard, (test_node::event{thread_created{id, {}, {}, {"a"}}}));
  }
  const auto still_works = a.create();
  CHECK_NE(still_works, thread_id{});
}

SCENARIO("a node ends with a link that has fallen silent") {
  test_node a{"a"};
  tcp_cutter link{a.port()};
  {
    test_node b{"b"};
    b.follow_port(link.port());
    a.create();
    b.next_event();
    link.stall();
    a.create();
  }
  CHECK_EQ(a.name(), node_name{"a"});
}
