#define CAF_SUITE inbox
#include <caf/test/bdd_dsl.hpp>

#include "actors/telemetry/inbox.hpp"

#include <future>
#include <memory>
#include <thread>
#include <vector>

using troupe::telemetry::inbox;
using enum inbox<int>::next_step;

SCENARIO("the first one wakes the taker, who gets everything in its order") {
  inbox<int> uut;
  CHECK(uut.put(1) == wake_taker);
  CHECK(uut.put(2) == none);
  CHECK(uut.put(3) == none);
  CHECK((uut.take_all() == std::vector{1, 2, 3}));
  CHECK(uut.take_all().empty());
  CHECK(uut.put(4) == wake_taker);
  CHECK((uut.take_all() == std::vector{4}));
}

SCENARIO("what does not fit is lost and counted, until there is room again") {
  inbox<int> uut;
  for (std::size_t i = 0; i < inbox<int>::max_waiting + 3; ++i)
    uut.put(static_cast<int>(i));
  CHECK_EQ(uut.take_lost(), 3u);
  CHECK_EQ(uut.take_lost(), 0u);
  CHECK_EQ(uut.take_all().size(), inbox<int>::max_waiting);
  CHECK(uut.put(0) == wake_taker);
  CHECK_EQ(uut.take_lost(), 0u);
}

SCENARIO("what nobody takes is released with it") {
  const auto witness = std::make_shared<int>();
  {
    inbox<std::shared_ptr<int>> uut;
    uut.put(witness);
    uut.put(witness);
  }
  CHECK_EQ(witness.use_count(), 1);
}

SCENARIO("many threads put, one takes: each thing arrives once, and each thread's in order") {
  constexpr int threads = 4;
  constexpr int each = 1'000; // all of them fit
  inbox<int> uut;
  std::vector<std::future<void>> all;
  for (int t = 0; t < threads; ++t)
    all.push_back(std::async(std::launch::async, [&uut, t] {
      for (int i = 0; i < each; ++i)
        uut.put(t * each + i);
    }));
  std::vector<int> next(threads, 0);
  std::size_t taken = 0;
  bool in_order = true;
  while (taken < threads * each) {
    for (const auto x : uut.take_all()) {
      auto& expected = next[static_cast<std::size_t>(x / each)];
      in_order = in_order && x % each == expected++;
      ++taken;
    }
    std::this_thread::yield();
  }
  CHECK(in_order);
}
