#define CAF_SUITE credit
#include <caf/test/bdd_dsl.hpp>

#include "net/wire/credit.hpp"

#include <atomic>
#include <thread>

using troupe::net::credit;
using troupe::net::unlimited_credit;
using enum troupe::net::credit::reader_state;

SCENARIO("units granted can be taken, no more") {
  credit x{2};
  CHECK(x.take());
  CHECK_EQ(x.available(), 1u);
  CHECK(x.take());
  CHECK(!x.take());
}

SCENARIO("exactly the grant that ends a wait reports the parked reader") {
  credit x;
  CHECK_EQ(x.grant(1), running);
  CHECK(x.take());
  CHECK(!x.take());
  CHECK_EQ(x.grant(0), running);
  CHECK_EQ(x.grant(3), parked);
  CHECK_EQ(x.available(), 2u); // one belongs to the reader that waited
  CHECK_EQ(x.grant(1), running);
}

SCENARIO("credit does not overflow") {
  credit x{~std::uint64_t{0}};
  for (int i = 0; i < 10; ++i)
    CHECK_EQ(x.grant(~std::uint64_t{0}), running);
  CHECK_EQ(x.available(), unlimited_credit);
  CHECK(x.take());
}

SCENARIO("a reader and a granter on two threads lose no unit and no wake-up") {
  constexpr int units = 200'000;
  credit x;
  std::atomic<int> wake_ups{0};
  std::thread granter{[&] {
    for (int i = 0; i < units; ++i)
      if (x.grant(1) == parked)
        wake_ups.fetch_add(1);
  }};
  int seen_wake_ups = 0;
  for (int taken = 0; taken < units; ++taken)
    if (!x.take()) {
      while (wake_ups.load() == seen_wake_ups)
        std::this_thread::yield();
      ++seen_wake_ups;
    }
  granter.join();
  CHECK_EQ(x.available(), 0u);
  CHECK_EQ(seen_wake_ups, wake_ups.load());
}
