#define CAF_SUITE thread_events
#include <caf/test/bdd_dsl.hpp>

#include "tests/cluster/test_node.hpp"
#include "tests/support/tcp_cutter.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;

namespace {

using event = test_node::event;

event created(const thread_id& id, const char* node) {
  return thread_created{id, {}, {}, {node}};
}

event lost(const thread_id& id, const char* node) {
  return thread_closed{id, "node lost", {node}};
}

event removed(const thread_id& id, const char* node) {
  return thread_closed{id, "removed", {node}};
}

/// Beats so quick that a silent link is noticed within the test.
config::node_options watchful(config::node_options x) {
  x.heartbeat = 200ms;
  x.connection_timeout = 800ms;
  return x;
}

} // namespace

SCENARIO("a node hears of the threads of a node it follows") {
  test_node a{"a"};
  test_node b{"b"};
  const auto first = a.create();
  b.follow_port(a.port());
  CHECK_EQ(b.next_event(), created(first, "a"));
  const auto second = a.create();
  a.close(first);
  CHECK_EQ(b.next_event(), created(second, "a"));
  CHECK_EQ(b.next_event(), removed(first, "a"));
}

SCENARIO("two nodes that follow each other hear everything once") {
  test_node a{"a"};
  test_node b{"b"};
  a.follow_port(b.port());
  b.follow_port(a.port());
  const auto on_a = a.create();
  CHECK_EQ(a.next_event(), created(on_a, "a"));
  CHECK_EQ(b.next_event(), created(on_a, "a"));
  const auto on_b = b.create();
  CHECK_EQ(b.next_event(), created(on_b, "b"));
  CHECK_EQ(a.next_event(), created(on_b, "b"));
  a.close(on_a);
  CHECK_EQ(a.next_event(), removed(on_a, "a"));
  CHECK_EQ(b.next_event(), removed(on_a, "a"));
}

SCENARIO("threads made while the link is cut are neither missed nor doubled") {
  test_node a{"a"};
  test_node b{"b"};
  tcp_cutter link{a.port()};
  const auto before = a.create();
  b.follow_port(link.port());
  CHECK_EQ(b.next_event(), created(before, "a"));
  for (int round = 0; round < 3; ++round) {
    const auto kept = a.create();
    CHECK_EQ(b.next_event(), created(kept, "a"));
    link.cut();
    const auto meanwhile = a.create();
    const auto short_lived = a.create();
    a.close(short_lived);
    a.close(kept);
    link.restore();
    CHECK_EQ(b.next_event(), lost(kept, "a"));
    CHECK_EQ(b.next_event(), created(meanwhile, "a"));
    const auto after = a.create();
    CHECK_EQ(b.next_event(), created(after, "a"));
  }
}

SCENARIO("a link that falls silent is noticed and made anew") {
  test_node a{"a", watchful(linked_node())};
  test_node b{"b", watchful(linked_node())};
  tcp_cutter link{a.port()};
  b.follow_port(link.port());
  const auto before = a.create();
  CHECK_EQ(b.next_event(), created(before, "a"));
  link.stall();
  const auto meanwhile = a.create();
  link.restore();
  CHECK_EQ(b.next_event(), created(meanwhile, "a"));
}

SCENARIO("a peer that is not there yet is found when it comes") {
  test_node b{"b"};
  auto a = std::make_unique<test_node>("a");
  tcp_cutter link{a->port()};
  link.cut();
  b.follow_port(link.port());
  const auto id = a->create();
  link.restore();
  CHECK_EQ(b.next_event(), created(id, "a"));
  WHEN("it goes away, its threads stay known for a while") {
    a.reset();
    const auto own = b.create();
    CHECK_EQ(b.next_event(), created(own, "b"));
  }
}

SCENARIO("a thread can be started on a followed node") {
  test_node a{"a"};
  test_node b{"b"};
  const auto first = a.create();
  b.follow_port(a.port());
  CHECK_EQ(b.next_event(), created(first, "a"));
  const auto second = b.create_through(b.manager_of({"a"}));
  CHECK_EQ(b.next_event(), created(second, "a"));
  CHECK_EQ(a.next_event(), created(first, "a"));
  CHECK_EQ(a.next_event(), created(second, "a"));
}

SCENARIO("a node of another authority is not let in") {
  net::test::test_authority foreign;
  test_node a{"a"};
  test_node b{"b"};
  test_node stranger{"stranger", linked_node(), quick_limits(), files_of(foreign, "stranger")};
  stranger.follow_port(a.port());
  b.follow_port(a.port());
  const auto id = a.create();
  CHECK_EQ(b.next_event(), created(id, "a"));
  const auto own = stranger.create();
  CHECK_EQ(stranger.next_event(), created(own, "stranger")); // and nothing of "a" before it
}

SCENARIO("a full mesh of nodes settles") {
  std::vector<std::unique_ptr<test_node>> nodes;
  for (const auto* name : {"a", "b", "c", "d"})
    nodes.push_back(std::make_unique<test_node>(name, watchful(linked_node())));
  for (const auto& x : nodes)
    for (const auto& y : nodes)
      if (x != y)
        x->follow_port(y->port());
  for (const auto& maker : nodes) {
    const auto id = maker->create();
    for (const auto& x : nodes)
      CHECK_EQ(x->next_event(), created(id, maker->name().value.c_str()));
  }
}
