#define CAF_SUITE sim_pace
#include <caf/test/bdd_dsl.hpp>

#include "apps/sim/decision.hpp"
#include "apps/sim/pace.hpp"

#include <algorithm>
#include <set>
#include <vector>

using namespace troupe::sim;
using namespace std::chrono_literals;

namespace {

constexpr auto uniform = distribution::kind::uniform;
constexpr auto lognormal = distribution::kind::lognormal;

std::vector<std::chrono::microseconds> draws(const distribution& x, std::size_t count) {
  std::vector<std::chrono::microseconds> result;
  for (std::size_t i = 0; i < count; ++i)
    result.push_back(drawn(x, decision{1}.of(i)));
  std::ranges::sort(result);
  return result;
}

} // namespace

SCENARIO("decisions are the same on every machine and in every version") {
  // Recorded experiments depend on these numbers.
  CHECK_EQ(stable_hash(""), 0xf52a15e9a9b5e89bULL);
  CHECK_EQ(stable_hash("thread"), 0xe1649074b62f06c7ULL);
  CHECK_EQ(decision{1}.bits(), 0x910a2dec89025cc1ULL);
  CHECK_EQ(decision{1}.of("a").of(2).bits(), 0x1d42f25ffcbd55ffULL);
}

SCENARIO("a decision depends on each step of its path and on their order") {
  const decision root{1};
  std::set<std::uint64_t> seen;
  seen.insert(root.bits());
  seen.insert(decision{2}.bits());
  seen.insert(root.of("a").bits());
  seen.insert(root.of("b").bits());
  seen.insert(root.of("a").of("b").bits());
  seen.insert(root.of("b").of("a").bits());
  seen.insert(root.of(0).bits());
  seen.insert(root.of(1).bits());
  seen.insert(root.of(1).of(2).bits());
  seen.insert(root.of(2).of(1).bits());
  seen.insert(root.of(3).bits());
  CHECK_EQ(seen.size(), 11u);
  CHECK_EQ(root.of("a").bits(), decision{1}.of("a").bits());
}

SCENARIO("draws cover their range evenly") {
  std::vector<int> counts(10, 0);
  int happened = 0;
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    const auto each = decision{3}.of(i);
    CHECK(each.unit() >= 0 && each.unit() < 1);
    ++counts[each.pick(10)];
    happened += each.of("chance").happens(0.25) ? 1 : 0;
  }
  for (const auto count : counts)
    CHECK(count > 900 && count < 1100);
  CHECK(happened > 2350 && happened < 2650);
  CHECK(!decision{1}.happens(0));
  CHECK(decision{1}.happens(1));
  CHECK_EQ(decision{1}.pick(0), 0u);
}

SCENARIO("a constant distribution is the constant") {
  CHECK_EQ(drawn({distribution::kind::constant, 12.5, 0, 0}, decision{1}), 12'500us);
  CHECK_EQ(drawn({}, decision{1}), 0us);
}

SCENARIO("a uniform distribution stays between its ends and reaches both halves") {
  const auto all = draws({uniform, 10, 20, 0}, 1000);
  CHECK(all.front() >= 10ms && all.front() < 11ms);
  CHECK(all.back() <= 20ms && all.back() > 19ms);
  CHECK(all[500] > 14ms && all[500] < 16ms);
}

SCENARIO("a lognormal distribution has its median and obeys its limit") {
  const auto all = draws({lognormal, 100, 0.5, 300}, 2000);
  CHECK(all[1000] > 93ms && all[1000] < 107ms);
  // One standard deviation above the median: e^0.5.
  CHECK(all[1682] > 150ms && all[1682] < 180ms);
  CHECK_EQ(all.back(), 300ms);
  CHECK(all.front() > 0ms);
}

SCENARIO("no wait is longer than an hour") {
  CHECK_EQ(drawn({lognormal, 3'600'000, 10, 1e12}, decision{4}), std::chrono::microseconds{1h});
}

SCENARIO("a token is four bytes, begun ones count") {
  CHECK_EQ(tokens_of(0), 0);
  CHECK_EQ(tokens_of(1), 1);
  CHECK_EQ(tokens_of(4), 1);
  CHECK_EQ(tokens_of(5), 2);
}
