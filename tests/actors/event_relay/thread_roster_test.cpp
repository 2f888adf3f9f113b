#define CAF_SUITE thread_roster
#include <caf/test/bdd_dsl.hpp>

#include "actors/event_relay/thread_roster.hpp"
#include "tests/actors/event_relay/relay_samples.hpp"

using namespace troupe;
using namespace troupe::test;
using event_relay::thread_roster;
using threads = std::vector<thread_created>;

SCENARIO("the list and the events before and after it are merged") {
  thread_roster uut;
  uut.add(created(3));
  CHECK(!uut.is_complete());
  uut.complete({created(1), created(2), created(3)});
  CHECK(uut.is_complete());
  uut.add(created(4));
  uut.remove(thread_number(1));
  CHECK_EQ(uut.live(), (threads{created(2), created(3), created(4)}));
}

SCENARIO("a thread that ended before the list came is not brought back by it") {
  thread_roster uut;
  uut.add(created(1));
  uut.remove(thread_number(1));
  uut.remove(thread_number(2));
  uut.complete({created(1), created(2), created(3)});
  CHECK_EQ(uut.live(), threads{created(3)});
}

SCENARIO("a thread that ended and was resumed before the list came is live") {
  thread_roster uut;
  uut.remove(thread_number(1));
  uut.add(created(1));
  uut.complete({});
  CHECK_EQ(uut.live(), threads{created(1)});
}

SCENARIO("a thread that ends after the list may come back") {
  thread_roster uut;
  uut.complete({created(1)});
  uut.remove(thread_number(1));
  CHECK_EQ(uut.live(), threads{});
  uut.add(created(1));
  CHECK_EQ(uut.live(), threads{created(1)});
}
