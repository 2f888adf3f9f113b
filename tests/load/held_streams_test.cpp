#define CAF_SUITE held_streams
#include <caf/test/bdd_dsl.hpp>

#include "tests/load/loaded_node.hpp"

#include <string>
#include <string_view>

using namespace troupe;

namespace {

constexpr std::string_view held = R"toml(
name = "held"
hold_until_open = 500
[[rule]]
reply = [{ reasoning = "Let me think." }, { message = "At last." }]
)toml";

} // namespace

SCENARIO("500 streams of one node are open at once, and all turns end well") {
  node_root::register_types();
  const std::uint32_t threads = 500;
  test::troubled_provider provider{held};
  auto entry = provider.entry();
  entry.stream_idle_timeout = std::chrono::minutes{2}; // the first one waits for the last one
  test::loaded_node node{entry};
  const auto tally = node.run(threads, 1, std::chrono::minutes{4});
  CHECK_EQ(tally.problem, "");
  CHECK_EQ(tally.completed, threads);
  CHECK_EQ(tally.failed, 0u);
  CHECK_EQ(tally.retries, 0u);
  CHECK_EQ(provider.stats().streams_peak, threads);
  CHECK_EQ(provider.stats().responses, threads);
}
