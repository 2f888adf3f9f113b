#define CAF_SUITE shared_limit
#include <caf/test/bdd_dsl.hpp>

#include "tests/load/loaded_node.hpp"

#include <chrono>
#include <string>
#include <string_view>

using namespace troupe;

namespace {

constexpr std::uint32_t requests_per_second = 20;

constexpr std::string_view limited = R"toml(
name = "limited"
[limits]
requests_per_second = 20
[[rule]]
reply = [{ message = "In time." }]
)toml";

} // namespace

SCENARIO(
  "400 threads share a limit of 20 requests per second: no turn fails, hardly one is refused") {
  node_root::register_types();
  const std::uint32_t threads = 400;
  const std::uint32_t turns = test::is_full_load() ? 5 : 1;
  test::troubled_provider provider{limited};
  test::loaded_node node{provider.entry()};
  const auto begin = std::chrono::steady_clock::now();
  const auto tally = node.run(threads, turns, std::chrono::minutes{4});
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
  CHECK_EQ(tally.problem, "");
  CHECK_EQ(tally.completed, std::size_t{threads} * turns);
  CHECK_EQ(tally.failed, 0u);
  const auto stats = provider.stats();
  CHECK_EQ(stats.responses, std::uint64_t{threads} * turns);
  CHECK(stats.refused * 50 <= stats.responses); // 2 %
  // The first second's worth may come at once. A figure of time in a test: it is what is promised,
  // and waiting costs no computing, so a busy machine makes it hardly longer.
  const auto ideal =
    static_cast<double>(threads * turns - requests_per_second) / requests_per_second;
  CHECK(taken.count() <= 1.1 * ideal);
}
