#define CAF_SUITE deadline_queue
#include <caf/test/bdd_dsl.hpp>

#include "actors/common/deadline_queue.hpp"

#include <random>
#include <string>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

using queue = deadline_queue<std::string>;
using ids = std::vector<std::string>;

const std::chrono::steady_clock::time_point start{1h};

} // namespace

SCENARIO("what is due leaves, earliest first and once") {
  queue uut;
  uut.set("b", start + 2s);
  uut.set("a", start + 1s);
  uut.set("c", start + 3s);
  CHECK_EQ(uut.next(), start + 1s);
  CHECK_EQ(uut.take_due(start), ids{});
  CHECK_EQ(uut.take_due(start + 2s), (ids{"a", "b"}));
  CHECK_EQ(uut.take_due(start + 2s), ids{});
  CHECK_EQ(uut.size(), 1u);
  CHECK_EQ(uut.next(), start + 3s);
}

SCENARIO("an id has one deadline, the last one set") {
  queue uut;
  uut.set("a", start + 1s);
  uut.set("a", start + 5s);
  CHECK_EQ(uut.size(), 1u);
  CHECK_EQ(uut.take_due(start + 4s), ids{});
  CHECK_EQ(uut.take_due(start + 5s), ids{"a"});
  uut.set("a", start + 9s);
  uut.set("a", start + 6s);
  CHECK_EQ(uut.take_due(start + 6s), ids{"a"});
  CHECK_EQ(uut.next(), std::nullopt);
}

SCENARIO("a cancelled deadline never comes") {
  queue uut;
  uut.set("a", start);
  uut.set("b", start);
  uut.cancel("a");
  uut.cancel("nobody");
  CHECK_EQ(uut.take_due(start), ids{"b"});
  CHECK_EQ(uut.size(), 0u);
}

SCENARIO("equal times leave together") {
  queue uut;
  for (const auto* id : {"c", "a", "b"})
    uut.set(id, start);
  CHECK_EQ(uut.take_due(start), (ids{"a", "b", "c"}));
}

SCENARIO("random use agrees with a plain table") {
  std::mt19937 random{7};
  deadline_queue<int> uut;
  std::map<int, std::chrono::steady_clock::time_point> table;
  auto now = start;
  for (int step = 0; step < 20'000; ++step) {
    const int id = static_cast<int>(random() % 50);
    const auto when = now + std::chrono::milliseconds{random() % 1000};
    switch (random() % 4) {
    case 0:
    case 1:
      uut.set(id, when);
      table[id] = when;
      break;
    case 2:
      uut.cancel(id);
      table.erase(id);
      break;
    default:
      now += std::chrono::milliseconds{random() % 100};
      for (const int due : uut.take_due(now)) {
        if (!table.contains(due) || table[due] > now)
          CAF_FAIL(due << " is not due");
        table.erase(due);
      }
      for (const auto& [left, deadline] : table)
        if (deadline <= now)
          CAF_FAIL(left << " was forgotten");
    }
    if (uut.size() != table.size())
      CAF_FAIL("sizes differ at step " << step);
  }
  CHECK(true);
}
