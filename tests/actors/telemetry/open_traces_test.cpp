#define CAF_SUITE open_traces
#include <caf/test/bdd_dsl.hpp>

#include "actors/telemetry/open_traces.hpp"

#include <algorithm>
#include <future>
#include <string>
#include <vector>

using namespace troupe;
using telemetry::open_traces;

namespace {

constexpr thread_id a{{1}};
constexpr thread_id b{{2}};

} // namespace

SCENARIO("all who ask for a turn's span get the same one") {
  open_traces uut{1};
  const auto first = uut.turn(a, "0");
  CHECK(uut.turn(a, "0") == first);
  CHECK(!first.parent);
  CHECK(first.trace != telemetry::trace_id{});
  CHECK(first.span != telemetry::span_id{});
  CHECK(uut.turn(a, "1").trace != first.trace);
  CHECK(uut.turn(b, "0").trace != first.trace);
  CHECK(uut.turn(a, "0") == first);
}

SCENARIO("a part of a turn is a new span of its trace; without a turn it is a trace of its own") {
  open_traces uut{1};
  const auto one = uut.part_of(a, "0");
  const auto two = uut.part_of(a, "0");
  const auto turn = uut.turn(a, "0");
  CHECK(one.trace == turn.trace);
  CHECK(one.parent == turn.span);
  CHECK(one.span != two.span);
  const auto alone = uut.part_of(a, "");
  CHECK(!alone.parent);
  CHECK(alone.trace != turn.trace);
  CHECK(alone.trace != uut.part_of(a, "").trace);
}

SCENARIO("all who ask for a tool call's span get the same one") {
  open_traces uut{1};
  const auto first = uut.tool(a, "0", "c");
  CHECK(uut.tool(a, "0", "c") == first);
  CHECK(uut.tool(a, "0", "d").span != first.span);
  CHECK(first.parent == uut.turn(a, "0").span);
  CHECK(uut.below(first).parent == first.span);
}

SCENARIO("a turn that has ended is forgotten: its name may come again") {
  open_traces uut{1};
  const auto first = uut.turn(a, "0");
  const auto other = uut.turn(a, "1");
  uut.end_turn(a, "0");
  uut.end_turn(a, "7");
  uut.end_turn(b, "0");
  CHECK(uut.turn(a, "0") != first);
  CHECK(uut.turn(a, "1") == other);
  uut.end_thread(a);
  CHECK(uut.turn(a, "1") != other);
}

SCENARIO("turns that nobody ends are bounded: the oldest one goes") {
  open_traces uut{1};
  const auto oldest = uut.turn(a, "0");
  const auto next = uut.turn(a, "1");
  for (std::size_t i = 2; i <= open_traces::max_turns; ++i)
    uut.turn(a, std::to_string(i));
  CHECK(uut.turn(a, "1") == next);
  CHECK(uut.turn(a, "0") != oldest);
}

SCENARIO("tools beyond the limit have a span that nobody else knows") {
  open_traces uut{1};
  for (std::size_t i = 0; i < open_traces::max_tools; ++i)
    uut.tool(a, "0", std::to_string(i));
  CHECK(uut.tool(a, "0", "more") != uut.tool(a, "0", "more"));
  CHECK(uut.tool(a, "0", "0") == uut.tool(a, "0", "0"));
}

SCENARIO("ids do not repeat, whoever draws them") {
  open_traces uut{1};
  std::vector<std::future<std::vector<telemetry::span_id>>> all;
  for (int t = 0; t < 4; ++t)
    all.push_back(std::async(std::launch::async, [&uut] {
      std::vector<telemetry::span_id> result;
      for (int i = 0; i < 500; ++i)
        result.push_back(uut.part_of(a, "0").span);
      return result;
    }));
  std::vector<telemetry::span_id> ids;
  for (auto& x : all)
    for (const auto& id : x.get())
      ids.push_back(id);
  std::ranges::sort(ids);
  CHECK(std::ranges::adjacent_find(ids) == ids.end());
  CHECK(ids.front() != telemetry::span_id{});
}
