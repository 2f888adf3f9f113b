#define CAF_SUITE io_pool
#include <caf/test/bdd_dsl.hpp>

#include "net/io_pool.hpp"

#include <atomic>
#include <future>
#include <memory>
#include <thread>
#include <vector>

using namespace std::literals;
using namespace troupe::net;

SCENARIO("posted functions run on the I/O threads, all of them") {
  io_pool pool{2};
  std::promise<void> all;
  std::atomic<int> count{0};
  for (int i = 0; i < 100; ++i)
    pool.post([&] {
      if (count.fetch_add(1) == 99)
        all.set_value();
    });
  all.get_future().wait();
  CHECK_EQ(count.load(), 100);
}

SCENARIO("a function posted from an I/O thread stays on it and does not run inside the call") {
  io_pool pool{3};
  std::promise<bool> same;
  pool.post([&] {
    auto inside = std::make_shared<bool>(true);
    pool.post([&, inside, thread = std::this_thread::get_id()] {
      same.set_value(!*inside && thread == std::this_thread::get_id());
    });
    *inside = false;
  });
  CHECK(same.get_future().get());
}

SCENARIO("delayed calls run in the order of their times") {
  io_pool pool;
  std::vector<int> order;
  std::promise<void> done;
  pool.post([&] {
    pool.after(20ms, [&] {
      order.push_back(2);
      done.set_value();
    });
    pool.after(1ms, [&] { order.push_back(1); });
    pool.after(0ms, [&] { order.push_back(0); });
  });
  done.get_future().wait();
  CHECK_EQ(order, (std::vector{0, 1, 2}));
}

SCENARIO("a cancelled call does not run and releases what it holds") {
  io_pool pool;
  std::promise<void> done;
  auto held = std::make_shared<int>(0);
  std::weak_ptr<int> watch = held;
  pool.post([&, held = std::move(held)]() mutable {
    const auto timer = pool.after(0ms, [held = std::move(held)] { *held = 1; });
    timer.cancel();
    timer.cancel();
    pool.after(5ms, [&] { done.set_value(); });
  });
  done.get_future().wait();
  CHECK(watch.expired());
}

SCENARIO("a call may be cancelled from another thread, and long after it has run") {
  io_pool pool;
  std::promise<void> done;
  const auto never = pool.after(1h, [] { std::abort(); });
  never.cancel();
  const auto timer = pool.after(0ms, [&] { done.set_value(); });
  done.get_future().wait();
  timer.cancel();
  timer_handle{}.cancel();
}

SCENARIO("stopping drops pending calls and releases them") {
  auto held = std::make_shared<int>(0);
  std::weak_ptr<int> watch = held;
  io_pool pool;
  const auto timer = pool.after(1h, [held = std::move(held)] { *held = 1; });
  pool.stop();
  CHECK(watch.expired());
  timer.cancel();
  pool.post([] { std::abort(); });
  pool.after(0ms, [] { std::abort(); }).cancel();
  pool.stop();
}

SCENARIO("a timer handle may outlive the pool") {
  timer_handle timer;
  {
    io_pool pool;
    timer = pool.after(1h, [] {});
  }
  timer.cancel();
}
