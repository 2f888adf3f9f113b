#define CAF_SUITE blocking_pool
#include <caf/test/bdd_dsl.hpp>

#include "net/blocking_pool.hpp"

#include <atomic>
#include <latch>

using troupe::net::blocking_pool;

SCENARIO("tasks that wait for each other run at the same time on different threads") {
  blocking_pool pool{2};
  std::latch both{2};
  std::latch done{2};
  for (int i = 0; i < 2; ++i)
    pool.post([&] {
      both.arrive_and_wait();
      done.count_down();
    });
  done.wait();
  CHECK(both.try_wait());
}

SCENARIO("stopping runs what was posted and drops what comes later") {
  std::atomic<int> count{0};
  blocking_pool pool{1};
  for (int i = 0; i < 100; ++i)
    pool.post([&] { count.fetch_add(1); });
  pool.stop();
  CHECK_EQ(count.load(), 100);
  pool.post([&] { count.fetch_add(1); });
  pool.stop();
  CHECK_EQ(count.load(), 100);
}

SCENARIO("a pool of a program that ends waits for its tasks, but not for ever for one that hangs") {
  std::latch released{1};
  std::latch hanging{1};
  std::latch over{1};
  blocking_pool pool{1};
  pool.post([&] {
    hanging.count_down();
    released.wait();
    over.count_down();
  });
  hanging.wait();
  CHECK(!pool.stop_within(std::chrono::milliseconds{1}));
  pool.post([] { CAF_FAIL("after the end"); });
  CHECK(pool.stop_within(std::chrono::milliseconds{1}));
  released.count_down();
  over.wait();
  std::atomic<bool> has_run{false};
  blocking_pool busy{1};
  busy.post([&] { has_run = true; });
  CHECK(busy.stop_within(std::chrono::minutes{1}));
  CHECK(has_run.load());
}

SCENARIO("a pool that may grow goes on while its threads hang") {
  std::latch released{1};
  std::latch hanging{2};
  std::latch done{3};
  blocking_pool pool{2, 3};
  for (int i = 0; i < 2; ++i)
    pool.post([&] {
      hanging.count_down();
      released.wait();
    });
  hanging.wait();
  for (int i = 0; i < 3; ++i)
    pool.post([&] { done.count_down(); });
  done.wait();
  released.count_down();
}
