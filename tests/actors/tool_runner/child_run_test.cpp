#define CAF_SUITE child_run
#include <caf/test/unit_test.hpp>

#include "actors/tool_runner/child_run.hpp"

#include <future>
#include <memory>
#include <optional>
#include <thread>

using namespace troupe;
using namespace troupe::tool_runner;

namespace {

// What is posted to a stopping pool is dropped within the call.
bool is_stopping(net::io_pool& io) {
  auto token = std::make_shared<int>();
  const std::weak_ptr<int> kept = token;
  io.post([token = std::move(token)] {});
  return kept.expired();
}

} // namespace

CAF_TEST(a child whose turn comes when the pool is about to stop has ended and never started) {
  net::io_pool io;
  auto context = std::make_shared<run_context>(run_context{.io = io,
                                                           .post = {},
                                                           .sandbox = {},
                                                           .environment = {},
                                                           .withheld = {},
                                                           .on_refused = {},
                                                           .own_program = {},
                                                           .own_image = {},
                                                           .shells = {},
                                                           .places = {},
                                                           .snapshots = {},
                                                           .bounds = {}});
  std::promise<void> is_queued;
  io.post([&] {
    is_queued.get_future().wait();
    while (!is_stopping(io))
      std::this_thread::yield();
  });
  int starts = 0;
  int ends = 0;
  child_order order;
  order.argv = {"/bin/true"};
  order.where = attempt::unsandboxed;
  const auto child = child_run::start(
    context, std::move(order),
    {.on_start = [&] { ++starts; }, .on_output = {}, .on_end = [&](child_end) { ++ends; }});
  is_queued.set_value();
  io.stop();
  CAF_CHECK_EQUAL(starts, 0);
  CAF_CHECK_EQUAL(ends, 1);
}
