#define CAF_SUITE subscribers
#include <caf/test/bdd_dsl.hpp>

#include "actors/codex_thread/subscribers.hpp"

using namespace troupe;
using namespace troupe::codex_thread;

SCENARIO("events are numbered and delivered by credit") {
  GIVEN("a subscriber with credit for two") {
    subscribers uut;
    uut.add(1, 2, deltas::skip);
    for (auto text : {"a", "b", "c"})
      uut.publish("0", warning{text});
    WHEN("what is due is taken") {
      const auto due = uut.take();
      THEN("two come, the third waits for credit") {
        REQUIRE_EQ(due.size(), 1u);
        REQUIRE_EQ(due[0].events.size(), 2u);
        CHECK_EQ(due[0].events[0].number, 1u);
        CHECK_EQ(due[0].events[1].number, 2u);
        CHECK(uut.take().empty());
        uut.grant(1, 5);
        const auto rest = uut.take();
        REQUIRE_EQ(rest.size(), 1u);
        CHECK_EQ(rest[0].events[0].number, 3u);
      }
    }
  }
}

SCENARIO("a slow subscriber loses the oldest events and is told which") {
  GIVEN("a subscriber without credit and one with") {
    subscribers uut;
    uut.add(1, 0, deltas::skip);
    uut.add(2, 1'000'000, deltas::skip);
    for (std::size_t i = 0; i < subscribers::max_queued_events + 10; ++i) {
      uut.publish("0", warning{"x"});
      CHECK_EQ(uut.take().size(), 1u);
    }
    WHEN("the slow one gives credit") {
      uut.grant(1, 1'000'000);
      const auto due = uut.take();
      THEN("it hears of the gap first") {
        REQUIRE_EQ(due.size(), 1u);
        REQUIRE(due[0].gap.has_value());
        CHECK_EQ(due[0].gap->first, 1u);
        CHECK_EQ(due[0].gap->last, 10u);
        CHECK_EQ(due[0].events.size(), subscribers::max_queued_events);
        CHECK_EQ(due[0].events.front().number, 11u);
      }
    }
  }
}

SCENARIO("deltas go to those who want them; the numbers are the same for all") {
  GIVEN("two subscribers of different taste") {
    subscribers uut;
    uut.add(1, 10, deltas::skip);
    uut.add(2, 10, deltas::take);
    uut.publish("0", agent_message_delta{"m", "x"});
    uut.publish("0", warning{"w"});
    THEN("only one sees the delta") {
      const auto due = uut.take();
      REQUIRE_EQ(due.size(), 2u);
      REQUIRE_EQ(due[0].events.size(), 1u);
      CHECK_EQ(due[0].events[0].number, 2u);
      CHECK_EQ(due[1].events.size(), 2u);
    }
  }
}

SCENARIO("a removed subscriber gets nothing") {
  GIVEN("a subscriber that leaves") {
    subscribers uut;
    uut.add(1, 10, deltas::skip);
    uut.publish("0", warning{"w"});
    uut.remove(1);
    THEN("nothing is due") {
      CHECK(uut.take().empty());
      CHECK(uut.empty());
      CHECK_EQ(uut.last_number(), 1u);
    }
  }
}
