#define CAF_SUITE configured_limits
#include <caf/test/bdd_dsl.hpp>

#include "tests/load/loaded_node.hpp"

#include <chrono>
#include <string_view>

using namespace troupe;

namespace {

constexpr std::string_view slow = R"toml(
name = "slow"
pace = { first_token_ms = 20 }
[[rule]]
reply = [{ message = "By and by." }]
)toml";

constexpr std::uint32_t threads = 40;

struct limited_run {
  test::turn_tally tally;
  sim::simulator_stats provider;
  std::chrono::duration<double> taken{0};
};

/// One turn on each thread of a node with these limits.
limited_run run_with(const config::request_limits& of_provider,
                     const config::request_limits& of_all) {
  node_root::register_types();
  test::troubled_provider provider{slow};
  auto entry = provider.entry();
  entry.limits = of_provider;
  test::loaded_node node{entry, of_all};
  const auto begin = std::chrono::steady_clock::now();
  limited_run result;
  result.tally = node.run(threads, 1, std::chrono::minutes{2});
  result.taken = std::chrono::steady_clock::now() - begin;
  result.provider = provider.stats();
  CHECK_EQ(result.tally.problem, "");
  CHECK_EQ(result.tally.completed, threads);
  CHECK_EQ(result.tally.retries, 0u);
  return result;
}

} // namespace

SCENARIO("a provider's streams at once are as many as configured") {
  const auto x = run_with({.max_streams = 8}, {});
  CHECK(x.provider.streams_peak > 0);
  CHECK(x.provider.streams_peak <= 8);
}

SCENARIO("the streams of all providers are as many as configured") {
  const auto x = run_with({.max_streams = 30}, {.max_streams = 6});
  CHECK(x.provider.streams_peak <= 6);
}

SCENARIO("connections are as many as configured, and whoever waits for one does not fail") {
  CHECK(run_with({.max_connections = 4}, {}).provider.streams_peak <= 4);
  CHECK(run_with({}, {.max_connections = 5}).provider.streams_peak <= 5);
}

SCENARIO("configured requests per minute hold from the first one") {
  // A second's worth at once, the other thirty at ten per second.
  CHECK(run_with({.requests_per_minute = 600}, {}).taken.count() >= 2.9);
  CHECK(run_with({}, {.requests_per_minute = 1200}).taken.count() >= 0.9);
}
