#define CAF_SUITE sim_chaos
#include <caf/test/bdd_dsl.hpp>

#include "apps/sim/chaos.hpp"

#include <map>
#include <set>
#include <string>

using namespace troupe::sim;
using namespace std::chrono_literals;

namespace {

chaos_rule rule_of(double share) {
  chaos_rule result;
  result.share = share;
  fault_effect unavailable;
  unavailable.status = 503;
  fault_effect reset;
  reset.kind = fault_kind::reset;
  result.refusals = {unavailable, reset};
  return result;
}

// How often each fault comes in so many exchanges.
std::map<std::string, int> drawn_names(const chaos_rule& x, std::uint64_t exchanges) {
  std::map<std::string, int> result;
  for (std::uint64_t i = 0; i < exchanges; ++i) {
    const auto fault = drawn(x, decision{1}.of(i), 1);
    ++result[fault ? std::string{fault->name} : ""];
  }
  return result;
}

} // namespace

SCENARIO("chaos hits its share, evenly mixed") {
  auto counts = drawn_names(rule_of(0.2), 20'000);
  CHECK_EQ(counts.size(), 5u);
  for (const auto* name : {"chaos-cut", "chaos-stall", "chaos-corrupt", "chaos-refuse"})
    CHECK(counts[name] > 800 && counts[name] < 1200);
}

SCENARIO("weights change the mix, a weight of zero leaves a group out") {
  auto x = rule_of(1);
  x.weights = {0, 3, 1, 0};
  auto counts = drawn_names(x, 4000);
  CHECK_EQ(counts.size(), 2u);
  CHECK(counts["chaos-stall"] > 2800 && counts["chaos-stall"] < 3200);
}

SCENARIO("no share hits nothing, the whole share everything") {
  CHECK_EQ(drawn_names(rule_of(0), 500).size(), 1u);
  CHECK(!drawn_names(rule_of(1), 500).contains(""));
}

SCENARIO("the same place gives the same fault") {
  const auto x = rule_of(0.5);
  for (std::uint64_t i = 0; i < 200; ++i) {
    const auto one = drawn(x, decision{9}.of(i), 1);
    const auto two = drawn(x, decision{9}.of(i), 1);
    REQUIRE_EQ(one.has_value(), two.has_value());
    if (one)
      CHECK(one->name == two->name && one->effect.kind == two->effect.kind &&
            one->effect.place == two->effect.place && one->effect.status == two->effect.status);
  }
}

SCENARIO("an attempt beyond the last one that may be hit goes well") {
  auto x = rule_of(1);
  x.max_attempts = 2;
  CHECK(drawn(x, decision{1}, 2).has_value());
  CHECK(!drawn(x, decision{1}, 3).has_value());
  x.max_attempts = 0;
  CHECK(drawn(x, decision{1}, 1000).has_value());
}

SCENARIO("stalls are anywhere and last as long as they are told, refusals are those of the rule") {
  auto x = rule_of(1);
  x.lasts = 30ms;
  std::set<stall_place> places;
  std::set<int> refusals;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    const auto fault = drawn(x, decision{3}.of(i), 1);
    if (fault->effect.kind == fault_kind::stall) {
      places.insert(fault->effect.place);
      CHECK(fault->effect.lasts == 30ms);
    } else if (fault->name == "chaos-refuse") {
      refusals.insert(fault->effect.kind == fault_kind::reset ? 0 : fault->effect.status);
    }
  }
  CHECK_EQ(places.size(), 3u);
  CHECK_EQ(refusals, (std::set<int>{0, 503}));
}
