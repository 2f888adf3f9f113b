#define CAF_SUITE event_relay
#include <caf/test/bdd_dsl.hpp>

#include "tests/actors/event_relay/relay_fixture.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

thread_summary summary(std::uint8_t number) {
  thread_summary result;
  result.thread = thread_number(number);
  return result;
}

struct fixture : relay_fixture {
  /// Says hello and follows as node "b"; the live threads it is told.
  std::vector<thread_created> follow_as(caf::blocking_actor* follower, const char* name) {
    const auto greeting = ask_as<hello_reply>(follower, relay, hello{wire_version, {name}});
    REQUIRE(std::holds_alternative<hello_reply>(greeting));
    CHECK_EQ(std::get<hello_reply>(greeting), (hello_reply{wire_version, {"a"}}));
    auto answer = ask_as<following>(follower, relay, follow{{name}});
    REQUIRE(std::holds_alternative<following>(answer));
    CHECK_EQ(std::get<following>(answer).node, node_name{"a"});
    return std::get<following>(answer).live;
  }

  template <class Answer, class Message>
  caf::error refused(Message x) {
    auto answer = ask<Answer>(relay, std::move(x));
    REQUIRE(std::holds_alternative<caf::error>(answer));
    return std::get<caf::error>(answer);
  }

  caf::scoped_actor b{sys};
  caf::scoped_actor c{sys};
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("a follower gets the list, then the events of this node") {
  manager_script.list.threads = {summary(1), summary(2)};
  start_relay();
  CHECK_EQ(follow_as(b.ptr(), "b"), (std::vector{created(1), created(2)}));
  publish(created(3));
  publish(closed(1, "removed"));
  publish(created(4, "c")); // another node's, published here by a link
  CHECK_EQ(received(b.ptr()), (events{created(3), closed(1, "removed")}));
  CHECK_EQ(follow_as(c.ptr(), "c"), (std::vector{created(2), created(3)}));
}

SCENARIO("a long list comes in pages, the last one as the answer, events behind it") {
  limits.list_page = 2;
  for (std::uint8_t i = 1; i <= 5; ++i)
    manager_script.list.threads.push_back(summary(i));
  start_relay();
  CHECK_EQ(follow_as(b.ptr(), "b"), std::vector{created(5)});
  publish(created(6));
  std::vector<std::vector<thread_created>> pages;
  bool more = true;
  while (more)
    b->receive([&](const following& x) { pages.push_back(x.live); },
               [&](const thread_created& x) {
                 CHECK_EQ(pages.size(), 2u);
                 CHECK_EQ(x, created(6));
               },
               caf::after(std::chrono::seconds{0}) >> [&] { more = false; });
  REQUIRE_EQ(pages.size(), 2u);
  CHECK_EQ(pages[0], (std::vector{created(1), created(2)}));
  CHECK_EQ(pages[1], (std::vector{created(3), created(4)}));
}

SCENARIO("who follows before the list has come waits for it and misses nothing") {
  manager_script.holds = true;
  manager_script.list.threads = {summary(1), summary(2)};
  start_relay();
  REQUIRE(std::holds_alternative<hello_reply>(
    ask_as<hello_reply>(b.ptr(), relay, hello{wire_version, {"b"}})));
  auto request = b->request(relay, caf::infinite, follow{{"b"}});
  publish(created(3));
  publish(closed(1, "removed"));
  CHECK_EQ(received(b.ptr()), events{});
  caf::anon_send(manager, caf::ok_atom_v);
  consume_messages();
  request.receive(
    [&](const following& x) {
      CHECK_EQ(x.live, (std::vector{created(2), created(3)}));
    },
    [](const caf::error& x) { CAF_FAIL("refused: " << x); });
  publish(created(4));
  CHECK_EQ(received(b.ptr()), events{created(4)});
}

SCENARIO("a relay that cannot ask the thread manager ends with its error") {
  manager_script.fails = true;
  relay = event_relay::spawn(sys, {.manager = caf::actor_cast<thread_manager_actor>(manager),
                                   .node = {"a"},
                                   .dialler = caf::actor_cast<caf::io::middleman_actor>(dialler)});
  self->monitor(relay);
  consume_messages();
  self->receive([](const caf::down_msg& x) { CHECK_EQ(x.reason, errc::internal); });
}

SCENARIO("a node of another wire version is refused") {
  start_relay();
  CHECK_EQ(refused<hello_reply>(hello{wire_version + 1, {"b"}}), errc::incompatible_node);
  CHECK_EQ(refused<following>(follow{{"b"}}), errc::invalid_request);
}

SCENARIO("nobody follows without a hello of its own") {
  start_relay();
  CHECK_EQ(refused<following>(follow{{"b"}}), errc::invalid_request);
  follow_as(b.ptr(), "b");
  CHECK_EQ(refused<following>(follow{{"b"}}), errc::invalid_request);
  publish(created(1));
  CHECK_EQ(received(b.ptr()), events{created(1)});
}

SCENARIO("names are unique") {
  start_relay();
  follow_as(b.ptr(), "b");
  CHECK_EQ(refused<hello_reply>(hello{wire_version, {"b"}}), errc::invalid_request);
  CHECK_EQ(refused<hello_reply>(hello{wire_version, {"a"}}), errc::invalid_request);
  THEN("the same node may start again") {
    CHECK_EQ(follow_as(b.ptr(), "b"), std::vector<thread_created>{});
  }
}

SCENARIO("followers are bounded, and a lost one makes room") {
  limits.followers = 1;
  start_relay();
  {
    caf::scoped_actor gone{sys};
    follow_as(gone.ptr(), "b");
    CHECK_EQ(refused<hello_reply>(hello{wire_version, {"c"}}), errc::queue_full);
  }
  consume_messages();
  follow_as(c.ptr(), "c");
  publish(created(1));
  CHECK_EQ(received(c.ptr()), events{created(1)});
}

SCENARIO("a follower that gives no credit is cut, and starts again from the list") {
  limits.window = 2;
  start_relay();
  follow_as(b.ptr(), "b");
  follow_as(c.ptr(), "c");
  for (std::uint8_t i = 1; i <= 4; ++i) {
    publish(created(i));
    c->send(relay, relay_credit{1});
    consume_messages();
  }
  int cuts = 0;
  CHECK_EQ(received(b.ptr(), &cuts), (events{created(1), created(2)}));
  CHECK_EQ(cuts, 1);
  CHECK_EQ(follow_as(b.ptr(), "b").size(), 4u);
  publish(created(5));
  CHECK_EQ(received(b.ptr(), &cuts), events{created(5)});
  CHECK_EQ(cuts, 1);
  CHECK_EQ(received(c.ptr(), &cuts).size(), 5u);
  CHECK_EQ(cuts, 1);
}

SCENARIO("a listener hears of peers that come and go, and of those that were there before") {
  start_relay();
  follow_as(b.ptr(), "b");
  caf::scoped_actor listener{sys};
  const auto heard = [&] {
    consume_messages();
    std::vector<std::string> result;
    bool more = true;
    while (more)
      listener->receive(
        [&](caf::join_atom, const node_name& x) { result.push_back("join " + x.value); },
        [&](caf::leave_atom, const node_name& x) { result.push_back("leave " + x.value); },
        [&](const link_up& x) { result.push_back("up " + x.node.value); },
        [&](const link_down& x) { result.push_back("down " + x.node.value); },
        caf::after(std::chrono::seconds{0}) >> [&] { more = false; });
    return result;
  };
  using lines = std::vector<std::string>;
  caf::anon_send(relay, caf::join_atom_v, caf::actor_cast<caf::actor>(listener.ptr()));
  CHECK_EQ(heard(), lines{"join b"});
  {
    caf::scoped_actor passing{sys};
    follow_as(passing.ptr(), "c");
    follow_as(passing.ptr(), "c"); // again: it was there
    CHECK_EQ(heard(), lines{"join c"});
  }
  CHECK_EQ(heard(), lines{"leave c"});
  peer_script.greeting.node = {"d"};
  add_link();
  CHECK_EQ(heard(), lines{"up d"});
  caf::anon_send_exit(peer, caf::exit_reason::user_shutdown);
  CHECK_EQ(heard(), lines{"down d"});
}

SCENARIO("credit of a stranger is answered with a cut") {
  start_relay();
  b->send(relay, relay_credit{0});
  consume_messages();
  int cuts = 0;
  received(b.ptr(), &cuts);
  CHECK_EQ(cuts, 1);
}

SCENARIO("a relay gives its node's thread manager and no other to other nodes") {
  start_relay();
  const auto own = ask<thread_door_actor>(relay, get_thread_manager{{"a"}});
  REQUIRE(std::holds_alternative<thread_door_actor>(own));
  CHECK_EQ(std::get<thread_door_actor>(own), caf::actor_cast<thread_door_actor>(manager));
  CHECK_EQ(refused<thread_door_actor>(get_thread_manager{{"b"}}), errc::node_unreachable);
}

SCENARIO("who waits for the list when the relay ends is told so") {
  manager_script.holds = true;
  start_relay();
  REQUIRE(std::holds_alternative<hello_reply>(
    ask_as<hello_reply>(b.ptr(), relay, hello{wire_version, {"b"}})));
  auto request = b->request(relay, caf::infinite, follow{{"b"}});
  consume_messages();
  caf::anon_send_exit(relay, caf::exit_reason::user_shutdown);
  consume_messages();
  request.receive([](const following&) { CAF_FAIL("answered"); },
                  [](const caf::error& x) { CHECK_EQ(x, errc::shutting_down); });
}

END_FIXTURE_SCOPE()
