#define CAF_SUITE bounded_queue
#include <caf/test/bdd_dsl.hpp>

#include "actors/common/bounded_queue.hpp"

#include <memory>
#include <vector>

using namespace troupe;
using queue = bounded_queue<int>;

namespace {

std::vector<int> drain(queue& x) {
  std::vector<int> result;
  while (auto element = x.pop())
    result.push_back(*element);
  return result;
}

queue full_queue(when_full policy) {
  queue result{3, policy};
  for (int i = 1; i <= 3; ++i)
    CHECK_EQ(result.push(i), queue::outcome::taken);
  return result;
}

} // namespace

SCENARIO("elements leave in the order they came") {
  auto uut = full_queue(when_full::refuse);
  CHECK_EQ(drain(uut), std::vector({1, 2, 3}));
  CHECK(uut.is_empty());
  CHECK_EQ(uut.pop(), std::nullopt);
}

SCENARIO("a full queue that refuses keeps what it has") {
  auto uut = full_queue(when_full::refuse);
  CHECK(uut.is_full());
  CHECK_EQ(uut.push(4), queue::outcome::refused);
  CHECK_EQ(uut.lost(), 1u);
  CHECK_EQ(drain(uut), std::vector({1, 2, 3}));
}

SCENARIO("a full queue that drops keeps the newest") {
  auto uut = full_queue(when_full::drop_oldest);
  CHECK_EQ(uut.push(4), queue::outcome::dropped_oldest);
  CHECK_EQ(uut.push(5), queue::outcome::dropped_oldest);
  CHECK_EQ(uut.lost(), 2u);
  CHECK_EQ(uut.size(), 3u);
  CHECK_EQ(drain(uut), std::vector({3, 4, 5}));
}

SCENARIO("room made is room to use") {
  auto uut = full_queue(when_full::refuse);
  CHECK_EQ(uut.pop(), 1);
  CHECK(!uut.is_full());
  CHECK_EQ(uut.push(4), queue::outcome::taken);
  uut.clear();
  CHECK(uut.is_empty());
  CHECK_EQ(uut.lost(), 0u);
}

SCENARIO("a limit of 0 takes nothing, whatever the policy") {
  for (const auto policy : {when_full::refuse, when_full::drop_oldest}) {
    queue uut{0, policy};
    CHECK_EQ(uut.push(1), queue::outcome::refused);
    CHECK(uut.is_empty());
    CHECK(uut.is_full());
  }
}

SCENARIO("elements are moved, not copied") {
  bounded_queue<std::unique_ptr<int>> uut{1};
  uut.push(std::make_unique<int>(7));
  CHECK_EQ(**uut.pop(), 7);
}
