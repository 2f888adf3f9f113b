#define CAF_SUITE tool_gate
#include <caf/test/bdd_dsl.hpp>

#include "actors/codex_thread/tool_gate.hpp"

#include <vector>

using namespace troupe::codex_thread;

using ints = std::vector<int>;

SCENARIO("shared calls overlap, exclusive ones run alone, and nobody overtakes") {
  GIVEN("shared, exclusive, shared, shared") {
    tool_gate<int> uut;
    ints ready;
    uut.arrive(1, tool_overlap::shared, ready);
    uut.arrive(2, tool_overlap::exclusive, ready);
    uut.arrive(3, tool_overlap::shared, ready);
    uut.arrive(4, tool_overlap::shared, ready);
    CHECK_EQ(ready, ints{1});
    ready.clear();
    uut.leave(tool_overlap::shared, ready);
    CHECK_EQ(ready, ints{2});
    ready.clear();
    uut.leave(tool_overlap::exclusive, ready);
    CHECK_EQ(ready, (ints{3, 4}));
  }
}

SCENARIO("dropped calls do not start later") {
  GIVEN("a call that waits behind an exclusive one") {
    tool_gate<int> uut;
    ints ready;
    uut.arrive(1, tool_overlap::exclusive, ready);
    uut.arrive(2, tool_overlap::shared, ready);
    CHECK_EQ(uut.drop_waiting(), ints{2});
    ready.clear();
    uut.leave(tool_overlap::exclusive, ready);
    CHECK(ready.empty());
  }
}
