#define CAF_SUITE relay_links
#include <caf/test/bdd_dsl.hpp>

#include "tests/cluster/test_node.hpp"
#include "tests/support/tcp_cutter.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;

namespace {

/// A client on another node, that speaks to a relay as a link does.
class bare_follower {
public:
  bare_follower(const char* name, std::uint16_t port)
    : name_{name}, config_(plain_node()), sys_(config_), self_(sys_) {
    auto handle = sys_.middleman().remote_actor<caf::actor>("127.0.0.1", port);
    if (!handle)
      CAF_FAIL("cannot connect: " << handle.error());
    relay_ = *handle;
  }

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
  node_name name_;
  config::node_config config_;
  caf::actor_system sys_;
  caf::scoped_actor self_;
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

SCENARIO("a peer of another wire version is greeted again and again, but never followed") {
  test_node b{"b"};
  config::node_config config{plain_node()};
  caf::actor_system later{config};
  const auto witness = caf::actor_cast<caf::actor>(b.observer.ptr());
  auto relay = later.spawn(later_relay, witness);
  const auto port =
    event_relay::publish(later, relay, event_relay::transport::plain, "127.0.0.1", 0);
  REQUIRE(bool{port});
  b.follow_port(*port);
  for (int i = 0; i < 3; ++i)
    b.observer->receive([](const hello& x) { CHECK_EQ(x.wire_version, wire_version); },
                        [](const follow&) { CAF_FAIL("followed"); },
                        caf::after(20s) >> [] { CAF_FAIL("no hello within 20 s"); });
  caf::anon_send_exit(relay, caf::exit_reason::user_shutdown);
}

SCENARIO("a follower that gives no credit is cut and starts again from the list") {
  auto limits = quick_limits();
  limits.window = 4;
  test_node a{"a", plain_node(), limits};
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
  test_node a{"a", plain_node(), limits};
  test_node b{"b", plain_node(), limits};
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
  test_node a{"a", plain_node(), limits};
  test_node b{"b", plain_node(), limits};
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
