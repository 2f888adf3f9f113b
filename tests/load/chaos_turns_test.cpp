#define CAF_SUITE chaos_turns
#include <caf/test/bdd_dsl.hpp>

#include "tests/load/loaded_node.hpp"

#include <algorithm>
#include <array>
#include <malloc.h>
#include <string>
#include <string_view>

using namespace troupe;

namespace {

// One exchange in five goes wrong.
constexpr std::string_view chaos = R"toml(
name = "chaos"
seed = 20
[pace]
first_token_ms = { min = 0, max = 20 }
[chaos]
share = 0.2
refuse_with = ["500", "502", "503", "429", "reset"]
stall_ms = 1500
[[rule]]
reply = [{ reasoning = "Let me think." }, { message = "This is what I have to say about it." }]
)toml";

// What a turn may end with when the provider has failed it too often (contract responses-client,
// 8.2 and 8.3).
constexpr auto contracted_errors = std::to_array<std::string_view>(
  {"stream disconnected before completion: ", "unexpected status ", "exceeded retry limit",
   "We're currently experiencing high demand"});

bool is_contracted(std::string_view text) {
  return std::ranges::any_of(contracted_errors,
                             [text](std::string_view x) { return text.starts_with(x); });
}

struct round_result {
  test::turn_tally tally;
  std::size_t used_bytes = 0;
};

round_result run_round(test::loaded_node& node, std::uint32_t threads, std::uint32_t turns) {
  round_result result;
  result.tally = node.run(threads, turns, std::chrono::minutes{4});
  CHECK(node.comes_to_rest());
  result.used_bytes = ::mallinfo2().uordblks;
  return result;
}

} // namespace

SCENARIO(
  "turns with a provider that fails one exchange in five all end, and leave nothing behind") {
  node_root::register_types();
  const auto descriptors_before = test::open_descriptors();
  {
    const std::uint32_t threads = test::is_full_load() ? 500 : 200;
    const std::uint32_t turns = test::is_full_load() ? 20 : 5;
    test::troubled_provider provider{chaos};
    test::loaded_node node{provider.entry()};
    const auto warm = run_round(node, threads, 1);
    const auto before = provider.stats();
    const auto run = run_round(node, threads, turns);
    const auto after = provider.stats();
    CHECK_EQ(warm.tally.problem, "");
    CHECK_EQ(run.tally.problem, "");
    CHECK_EQ(run.tally.completed + run.tally.failed, std::size_t{threads} * turns);
    // Eleven faults in a row come once in fifty million turns; the rest is for machines so busy
    // that they miss the idle limit.
    CHECK(run.tally.failed * 100 <= std::size_t{threads} * turns);
    for (const auto& [text, times] : run.tally.errors)
      if (!is_contracted(text))
        CAF_FAIL("not of the contract, " << times << " times: " << text);
    // The provider has done its worst, and the client has tried again.
    CHECK(after.responses - before.responses > std::uint64_t{threads} * turns);
    CHECK(run.tally.retries > 0);
    CHECK_EQ(after.faults.size(), 6u); // cut, stall, corrupt, status, rate_limit, reset
    CHECK(provider.comes_to_rest());
    // As many threads as before took several times as many turns.
    CHECK(run.used_bytes < warm.used_bytes + 8 * 1024 * 1024);
  }
  CHECK_EQ(test::open_descriptors(), descriptors_before);
}
