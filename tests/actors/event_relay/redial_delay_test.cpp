#define CAF_SUITE redial_delay
#include <caf/test/bdd_dsl.hpp>

#include "actors/event_relay/relay_limits.hpp"

using namespace troupe::event_relay;
using namespace std::chrono_literals;

SCENARIO("waits double up to the longest") {
  const limits x;
  CHECK_EQ(redial_delay(x, 1, 1), 500ms);
  CHECK_EQ(redial_delay(x, 2, 1), 1000ms);
  CHECK_EQ(redial_delay(x, 5, 1), 8000ms);
  CHECK_EQ(redial_delay(x, 6, 1), 10'000ms);
  CHECK_EQ(redial_delay(x, 7, 1), 10'000ms);
  CHECK_EQ(redial_delay(x, ~0U, 1), 10'000ms);
}

SCENARIO("attempt 0 counts as the first") {
  CHECK_EQ(redial_delay({}, 0, 1), 500ms);
}

SCENARIO("jitter scales the wait") {
  CHECK_EQ(redial_delay({}, 1, redial_jitter_low), 375ms);
  CHECK_EQ(redial_delay({}, 9, redial_jitter_high), 12'500ms);
}

SCENARIO("the longest wait outlasts the time in which a peer notices a lost link") {
  CHECK_GT(redial_delay({}, 9, redial_jitter_low), 7000ms);
}
