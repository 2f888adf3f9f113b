#define CAF_SUITE output_deltas
#include <caf/test/bdd_dsl.hpp>

#include "actors/tool_runner/output_deltas.hpp"

#include <string>
#include <vector>

using namespace troupe::tool_runner;
using namespace std::chrono_literals;

namespace {

using pieces = std::vector<std::string>;
const delta_budget::clock::time_point start{1h};

} // namespace

SCENARIO("a stream shows at most ten thousand deltas") {
  delta_budget budget;
  std::uint32_t shown = 0;
  for (int i = 0; i < 12'000; ++i)
    shown += budget.admit(1, start) ? 1 : 0;
  CHECK_EQ(shown, delta_budget::max_deltas);
}

SCENARIO("a flood is shown as far as the burst goes, then at the steady rate") {
  delta_budget budget;
  std::size_t shown = 0;
  for (int i = 0; i < 1'000; ++i)
    shown += budget.admit(8192, start) ? 8192 : 0;
  CHECK_EQ(shown, delta_budget::burst_bytes);
  CHECK(!budget.admit(1, start));
  CHECK(budget.admit(delta_budget::bytes_per_second, start + 1s));
  CHECK(!budget.admit(1, start + 1s));
  CHECK(!budget.admit(delta_budget::burst_bytes + 1, start + 1h));
  CHECK(budget.admit(delta_budget::burst_bytes, start + 2h));
}

SCENARIO("pieces end between characters") {
  delta_cutter cutter;
  const pieces first{"a"};
  const pieces second{"ü"};
  CHECK_EQ(cutter.cut("a\xC3"), first);
  CHECK_EQ(cutter.cut("\xBC"), second);
  CHECK(cutter.cut("\xF0\x9F").empty());
  const pieces emoji{"😀!"};
  CHECK_EQ(cutter.cut("\x98\x80!"), emoji);
  CHECK(cutter.rest().empty());
}

SCENARIO("an undecodable byte is a piece of its own") {
  delta_cutter cutter;
  const pieces expected{"a", "\xFF", "b", "\xC3", "c"};
  CHECK_EQ(cutter.cut("a\xFF"
                      "b\xC3"
                      "c"),
           expected);
  CHECK(cutter.cut("\xE2\x82").empty());
  const pieces rest{"\xE2", "\x82"};
  CHECK_EQ(cutter.rest(), rest);
  CHECK(cutter.rest().empty());
}

SCENARIO("pieces have a largest size") {
  delta_cutter cutter;
  std::string text(8191, 'x');
  text += "ü" + std::string(10, 'y');
  const auto cut = cutter.cut(text);
  REQUIRE_EQ(cut.size(), 2u);
  CHECK_EQ(cut[0].size(), 8191u);
  CHECK_EQ(cut[0] + cut[1], text);
}
