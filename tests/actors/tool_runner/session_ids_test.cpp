#define CAF_SUITE session_ids
#include <caf/test/bdd_dsl.hpp>

#include "actors/tool_runner/session_ids.hpp"

#include <vector>

using namespace troupe::tool_runner;

namespace {

/// Sessions 1 to `count`, the first used longest ago.
std::vector<session_use> sessions(std::int32_t count) {
  std::vector<session_use> result;
  for (std::int32_t id = 1; id <= count; ++id)
    result.push_back(
      {id, std::chrono::steady_clock::time_point{std::chrono::seconds{id}}, liveness::running});
  return result;
}

} // namespace

SCENARIO("session ids are in range and unique") {
  std::minstd_rand random{7};
  std::set<std::int32_t> taken;
  for (int i = 0; i < 5'000; ++i) {
    const auto id = new_session_id(random, taken);
    REQUIRE(id >= 1'000);
    REQUIRE(id <= 99'999);
    REQUIRE(taken.insert(id).second);
  }
}

SCENARIO("below the bound nothing is pruned") {
  CHECK_EQ(session_to_prune(sessions(63)), std::nullopt);
  CHECK_EQ(session_to_prune({}), std::nullopt);
}

SCENARIO("the least recently used exited session goes first") {
  auto all = sessions(64);
  CHECK_EQ(session_to_prune(all), 1);
  all[40].state = liveness::exited;
  all[50].state = liveness::exited;
  CHECK_EQ(session_to_prune(all), 41);
}

SCENARIO("the eight most recently used sessions are protected") {
  auto all = sessions(64);
  all[56].state = liveness::exited;
  CHECK_EQ(session_to_prune(all), 1);
  all[55].state = liveness::exited;
  CHECK_EQ(session_to_prune(all), 56);
}

SCENARIO("the model is told when many processes are open") {
  CHECK_EQ(open_processes_warning(59), std::nullopt);
  CHECK(open_processes_warning(60)->starts_with("Warning: 60 processes"));
}
