#define CAF_SUITE call_clock
#include <caf/test/bdd_dsl.hpp>

#include "net/call_clock.hpp"

using namespace std::literals;
using namespace troupe::net;
using enum call_clock::step;

namespace {

constexpr call_clock::time_point start{1h};
constexpr auto never = call_clock::time_point::max();
constexpr call_limits limits{.connect = 1s, .head = 2s, .idle = 3s};

} // namespace

SCENARIO("each step has its own deadline and meaning") {
  call_clock clock{limits, 5s, start};
  CHECK(clock.deadline() == start + 5s);
  CHECK_EQ(clock.verdict(), net_errc::none);
  clock.enter(queued, start);
  CHECK(clock.deadline() == start + queue_limit);
  CHECK_EQ(clock.verdict(), net_errc::overloaded);
  clock.enter(connecting, start);
  CHECK(clock.deadline() == never);
  clock.enter(head, start + 1s);
  CHECK(clock.deadline() == start + 3s);
  CHECK_EQ(clock.verdict(), net_errc::timed_out_headers);
  clock.enter(body, start + 2s);
  CHECK(clock.deadline() == start + 5s);
  CHECK_EQ(clock.verdict(), net_errc::idle_timeout);
  clock.enter(suspended, start + 3s);
  CHECK(clock.deadline() == never);
  clock.enter(draining, start + 3s);
  CHECK(clock.deadline() == start + 3s + drain_limit);
  CHECK_EQ(clock.verdict(), net_errc::none);
}

SCENARIO("progress moves the idle deadline forwards only, and no other") {
  call_clock clock{limits, 0s, start};
  clock.enter(body, start);
  clock.progress(start + 2s);
  CHECK(clock.deadline() == start + 5s);
  clock.progress(start + 1s);
  CHECK(clock.deadline() == start + 5s);
  clock.enter(head, start + 2s);
  clock.progress(start + 3s);
  CHECK(clock.deadline() == start + 4s);
}

SCENARIO("the total limit ends whichever step it meets, except what has been answered") {
  auto with_total = limits;
  with_total.total = 4s;
  call_clock clock{with_total, 1h, start};
  for (auto step : {waiting, connecting, suspended}) {
    clock.enter(step, start + 1s);
    CHECK(clock.deadline() == start + 4s);
    CHECK_EQ(clock.verdict(), net_errc::timed_out_total);
  }
  clock.enter(head, start + 1s);
  CHECK(clock.deadline() == start + 3s);
  CHECK_EQ(clock.verdict(), net_errc::timed_out_headers);
  clock.enter(draining, start + 4s);
  CHECK_EQ(clock.verdict(), net_errc::none);
}

SCENARIO("absurd limits mean no limit") {
  call_clock clock{{.idle = std::chrono::milliseconds::max()}, 0s, start};
  clock.enter(body, start);
  CHECK(clock.deadline() == never);
}

SCENARIO("signs of life move the idle deadline, not the stall deadline; what counts moves both") {
  auto with_stall = limits;
  with_stall.stall = 10s;
  call_clock clock{with_stall, 0s, start};
  clock.enter(head, start);
  clock.enter(body, start + 1s);
  for (auto at = start + 2s; at < start + 11s; at += 1s)
    clock.progress(at);
  CHECK(clock.deadline() == start + 11s);
  CHECK_EQ(clock.verdict(), net_errc::no_progress);
  clock.advance(start + 10s);
  CHECK(clock.deadline() == start + 13s);
  CHECK_EQ(clock.verdict(), net_errc::idle_timeout);
  clock.advance(start + 9s);
  CHECK(clock.deadline() == start + 13s);
}

SCENARIO("time without credit does not count as a stall") {
  auto with_stall = limits;
  with_stall.idle = 1h;
  with_stall.stall = 10s;
  call_clock clock{with_stall, 0s, start};
  clock.enter(body, start);
  clock.enter(suspended, start + 4s);
  CHECK(clock.deadline() == never);
  clock.enter(body, start + 100s);
  CHECK(clock.deadline() == start + 106s);
}
