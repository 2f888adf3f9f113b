#define CAF_SUITE exchange_gate
#include <caf/test/bdd_dsl.hpp>

#include "net/exchange_gate.hpp"

#include <atomic>
#include <thread>
#include <utility>
#include <vector>

using namespace troupe::net;

namespace {

struct fixture {
  using slot = exchange_gate::slot;

  std::shared_ptr<exchange_gate> gate = std::make_shared<exchange_gate>(2, 3);
  std::vector<std::pair<int, slot>> turns; // who has got a slot, in order

  /// A slot that is given back makes a turn of the next one, which keeps its slot here.
  ~fixture() {
    while (!turns.empty())
      std::exchange(turns, {}).clear();
  }

  exchange_gate::ticket enter(int who, const std::string& origin = "a") {
    exchange_gate::ticket place = 0;
    const bool is_in =
      gate->enter(origin, place, [this, who](slot x) { turns.emplace_back(who, std::move(x)); });
    CHECK(is_in);
    return place;
  }

  std::vector<int> order() const {
    std::vector<int> all;
    for (const auto& [who, x] : turns)
      all.push_back(who);
    return all;
  }
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("as many as allowed pass at once, the others in the order they came") {
  for (int i = 0; i < 5; ++i)
    enter(i);
  CHECK((order() == std::vector{0, 1}));
  CHECK_EQ(gate->waiting("a"), 3u);
  turns[1].second.reset();
  CHECK((order() == std::vector{0, 1, 2}));
  turns[0].second.reset();
  turns[2].second.reset();
  CHECK((order() == std::vector{0, 1, 2, 3, 4}));
  CHECK_EQ(gate->waiting("a"), 0u);
}

SCENARIO("origins do not wait for each other") {
  for (int i = 0; i < 3; ++i)
    enter(i, "a");
  enter(10, "b");
  CHECK((order() == std::vector{0, 1, 10}));
}

SCENARIO("a full queue takes no more") {
  for (int i = 0; i < 5; ++i)
    enter(i);
  exchange_gate::ticket place = 0;
  CHECK(!gate->enter("a", place, [](const slot&) { CAF_FAIL("no turn was due"); }));
  turns[0].second.reset();
  enter(6);
  CHECK_EQ(gate->waiting("a"), 3u);
}

SCENARIO("who leaves loses its turn, and nobody else does") {
  enter(0);
  enter(1);
  const auto second = enter(2);
  enter(3);
  gate->leave("a", second);
  gate->leave("a", second);
  gate->leave("nowhere", second);
  turns[0].second.reset();
  CHECK((order() == std::vector{0, 1, 3}));
}

SCENARIO("slots that nobody keeps go through a long queue without recursion") {
  const auto long_gate = std::make_shared<exchange_gate>(1, 200'000);
  slot first;
  exchange_gate::ticket place = 0;
  long_gate->enter("a", place, [&](slot x) { first = std::move(x); });
  int dropped = 0;
  for (int i = 0; i < 200'000; ++i)
    long_gate->enter("a", place, [&](const slot&) { ++dropped; });
  first.reset();
  CHECK_EQ(dropped, 200'000);
}

SCENARIO("without a limit everybody passes, without a slot") {
  const auto open_gate = std::make_shared<exchange_gate>(0, 0);
  CHECK(!open_gate->has_limit());
  exchange_gate::ticket place = 1;
  bool passed = false;
  open_gate->enter("a", place, [&](const slot& x) { passed = !x; });
  CHECK(passed);
  CHECK_EQ(place, 0u);
}

SCENARIO("threads that compete never exceed the limit, and all pass") {
  const auto shared = std::make_shared<exchange_gate>(3, 100'000);
  std::atomic<int> inside{0}, most{0}, passed{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 2000; ++i) {
        exchange_gate::ticket place = 0;
        shared->enter("a", place, [&](const slot&) {
          const int now = ++inside;
          for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
          }
          ++passed;
          --inside;
        });
      }
    });
  for (auto& x : threads)
    x.join();
  CHECK_EQ(passed.load(), 8000);
  CHECK(most.load() <= 3);
}

END_FIXTURE_SCOPE()
