#define CAF_SUITE link_fence
#include <caf/test/bdd_dsl.hpp>

#include "actors/event_relay/link_fence_actor.hpp"
#include "messages/interfaces.hpp"

#include <caf/actor_registry.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>

#include <optional>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

struct fixture : test_coordinator_fixture<> {
  int taken = 0;
  std::optional<bool> answer;
  int taken_then = 0;
  caf::actor taker = sys.spawn([this](caf::event_based_actor*) -> caf::behavior {
    return {[this](const relay_credit&) { ++taken; }};
  });
  /// Takes nothing before the answer to its question, which nobody gives.
  caf::actor busy = sys.spawn([this](caf::event_based_actor* me) -> caf::behavior {
    me->request(caf::actor_cast<caf::actor>(self.ptr()), caf::infinite, caf::ok_atom_v)
      .await([] {}, [](const caf::error&) {});
    return {[](const relay_credit&) {}};
  });

  fixture() {
    sys.registry().put(taker.id(), caf::actor_cast<caf::strong_actor_ptr>(taker));
    sys.registry().put(busy.id(), caf::actor_cast<caf::strong_actor_ptr>(busy));
  }

  ~fixture() {
    sys.registry().erase(taker.id());
    sys.registry().erase(busy.id());
    caf::anon_send_exit(taker, caf::exit_reason::user_shutdown);
    self->receive([](caf::ok_atom) {}, caf::after(0s) >> [] {}); // lets the busy one go
    consume_messages();
    caf::anon_send_exit(busy, caf::exit_reason::user_shutdown);
    consume_messages();
  }

  void settle(const std::vector<std::uint64_t>& actors, std::vector<caf::actor> behind = {}) {
    event_relay::settle(sys, actors, std::move(behind), 5s, [this](bool x) {
      answer = x;
      taken_then = taken;
    });
  }
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("what was sent before is taken before the answer") {
  for (int i = 0; i < 3; ++i)
    caf::anon_send(taker, relay_credit{1});
  settle({taker.id()});
  CHECK_EQ(answer, std::nullopt);
  consume_messages();
  CHECK_EQ(answer, true);
  CHECK_EQ(taken_then, 3);
}

SCENARIO("who does not come to the end in time is told") {
  settle({taker.id(), busy.id()});
  consume_messages();
  CHECK_EQ(answer, std::nullopt);
  advance_time(5s);
  consume_messages();
  CHECK_EQ(answer, false);
}

SCENARIO("those behind are asked, too") {
  settle({taker.id()}, {busy});
  consume_messages();
  CHECK_EQ(answer, std::nullopt);
  advance_time(5s);
  consume_messages();
  CHECK_EQ(answer, false);
}

SCENARIO("actors that have ended, or never were, hold nobody up") {
  const auto id = taker.id();
  caf::anon_send_exit(taker, caf::exit_reason::user_shutdown);
  consume_messages();
  settle({id, 4'000'000'000});
  consume_messages();
  CHECK_EQ(answer, true);
}

END_FIXTURE_SCOPE()
