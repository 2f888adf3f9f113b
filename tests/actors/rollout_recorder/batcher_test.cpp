#define CAF_SUITE batcher
#include <caf/test/bdd_dsl.hpp>

#include "actors/rollout_recorder/batcher.hpp"

#include "tests/actors/rollout_recorder/rollout_samples.hpp"

using namespace troupe;
using namespace troupe::rollout_recorder;

namespace {

append_lines lines(std::size_t bytes = 10) {
  return {test::line(line_kind::context, std::string(bytes, 'x'))};
}

using answers = batcher::answers;

} // namespace

SCENARIO("what arrives during a write goes into the next one") {
  batcher queue;
  CHECK(queue.is_idle());
  REQUIRE(queue.offer(lines(), {}));
  CHECK(queue.is_ready());
  CHECK_EQ(queue.take().size(), 1U);
  REQUIRE(queue.offer(lines(), {}));
  REQUIRE(queue.offer(lines(), {}));
  CHECK(!queue.is_ready());
  CHECK(!queue.is_idle());
  CHECK((queue.succeed() == answers{1, 0}));
  CHECK(queue.is_ready());
  CHECK_EQ(queue.take().size(), 2U);
  CHECK((queue.succeed() == answers{2, 0}));
  CHECK(queue.is_idle());
}

SCENARIO("a failed write takes along what waits behind it") {
  batcher queue;
  for (int i = 0; i < 3; ++i)
    REQUIRE(queue.offer(lines(), {}));
  queue.take();
  REQUIRE(queue.offer(lines(), {}));
  CHECK((queue.fail(1) == answers{1, 3}));
  CHECK(queue.is_idle());
  REQUIRE(queue.offer(lines(), {}));
  CHECK(queue.is_ready());
}

SCENARIO("the number of appends is bounded, those under way included") {
  batcher queue;
  const batcher_limits limits{.max_appends = 3, .max_bytes = 1'000'000};
  REQUIRE(queue.offer(lines(), limits));
  queue.take();
  REQUIRE(queue.offer(lines(), limits));
  REQUIRE(queue.offer(lines(), limits));
  CHECK(!queue.offer(lines(), limits));
  queue.succeed();
  CHECK(queue.offer(lines(), limits));
}

SCENARIO("the bytes that wait are bounded, but a single large append is taken") {
  batcher queue;
  const batcher_limits limits{.max_appends = 10, .max_bytes = 1000};
  REQUIRE(queue.offer(lines(5000), limits));
  CHECK(!queue.offer(lines(1), limits));
  queue.take();
  CHECK(queue.offer(lines(500), limits));
  CHECK(!queue.offer(lines(500), limits));
}

SCENARIO("an empty append keeps its place") {
  batcher queue;
  REQUIRE(queue.offer({}, {}));
  CHECK(queue.is_ready());
  CHECK_EQ(queue.take().size(), 1U);
  CHECK((queue.succeed() == answers{1, 0}));
}
