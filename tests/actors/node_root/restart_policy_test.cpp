#define CAF_SUITE restart_policy
#include <caf/test/bdd_dsl.hpp>

#include "actors/node_root/restart_policy.hpp"

using namespace std::chrono_literals;
using troupe::node_root::restart_policy;

namespace {

constexpr restart_policy::clock::time_point start{1h};

} // namespace

SCENARIO("the first failure of a service costs no pause") {
  restart_policy uut;
  uut.started(start);
  CHECK_EQ(uut.failed(start + 1s).count(), 0);
}

SCENARIO("pauses double while a service keeps failing, up to a limit") {
  restart_policy uut;
  auto now = start;
  uut.started(now);
  CHECK_EQ(uut.failed(now).count(), 0);
  for (auto expected : {100, 200, 400, 800, 1600, 3200, 6400, 10'000, 10'000}) {
    uut.started(now += 1s);
    CHECK_EQ(uut.failed(now += 1s).count(), expected);
  }
}

SCENARIO("the failures of a service that ran long enough are forgotten") {
  restart_policy uut;
  uut.started(start);
  uut.failed(start);
  uut.failed(start);
  uut.started(start);
  CHECK_EQ(uut.failed(start + restart_policy::healthy_after - 1ms).count(), 200);
  uut.started(start);
  CHECK_EQ(uut.failed(start + restart_policy::healthy_after).count(), 0);
}
