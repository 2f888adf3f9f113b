#define CAF_SUITE command_governor
#include <caf/test/bdd_dsl.hpp>

#include "actors/tool_runner/command_governor.hpp"
#include "actors/tool_runner/command_places_run.hpp"

#include <algorithm>
#include <map>
#include <random>
#include <sched.h>
#include <set>
#include <vector>

using namespace troupe;
using namespace troupe::tool_runner;

namespace {

using answer = command_governor::answer;
using ticket = command_governor::ticket;

thread_id thread(std::uint8_t number) {
  thread_id result;
  result.bytes[0] = number;
  return result;
}

} // namespace

SCENARIO("as many commands run as may, the others wait, in order") {
  command_governor uut{{.running = 2}};
  CHECK(uut.request(thread(1), 1) == answer::run);
  CHECK(uut.request(thread(1), 2) == answer::run);
  CHECK(uut.request(thread(1), 3) == answer::wait);
  CHECK(uut.request(thread(1), 4) == answer::wait);
  CHECK(uut.release(2) == ticket{3});
  CHECK(uut.release(1) == ticket{4});
  CHECK(uut.release(3) == std::nullopt);
  CHECK_EQ(uut.running(), 1u);
}

SCENARIO("threads take turns, however much one of them wants") {
  command_governor uut{{.running = 1}};
  uut.request(thread(1), 1);
  for (ticket x = 10; x < 20; ++x)
    uut.request(thread(1), x);
  uut.request(thread(2), 20);
  uut.request(thread(3), 30);
  std::vector<ticket> order;
  for (auto next = uut.release(1); next; next = uut.release(*next))
    order.push_back(*next);
  CHECK_EQ(order[0], 10u);
  CHECK_EQ(order[1], 20u);
  CHECK_EQ(order[2], 30u);
  CHECK_EQ(order.size(), 12u);
}

SCENARIO("a command that is cancelled while it waits is never run") {
  command_governor uut{{.running = 1}};
  uut.request(thread(1), 1);
  uut.request(thread(2), 2);
  uut.request(thread(3), 3);
  CHECK(uut.release(2) == std::nullopt);
  CHECK(uut.release(2) == std::nullopt);
  CHECK(uut.release(1) == ticket{3});
  CHECK_EQ(uut.waiting(), 0u);
}

SCENARIO("beyond the bounds commands are refused") {
  command_governor uut{{.running = 1, .waiting = 3, .waiting_of_thread = 2}};
  uut.request(thread(1), 1);
  CHECK(uut.request(thread(1), 2) == answer::wait);
  CHECK(uut.request(thread(1), 3) == answer::wait);
  CHECK(uut.request(thread(1), 4) == answer::refuse);
  CHECK(uut.request(thread(2), 5) == answer::wait);
  CHECK(uut.request(thread(3), 6) == answer::refuse);
  CHECK(uut.release(4) == std::nullopt);
  CHECK(uut.release(1) == ticket{2});
  CHECK(uut.request(thread(3), 7) == answer::wait);
}

SCENARIO("threads that each keep a server all get to their second command") {
  constexpr std::uint8_t threads = 20;
  command_governor uut{{.running = 4}};
  std::set<ticket> running;
  const auto take = [&](std::optional<ticket> x) {
    if (x)
      running.insert(*x);
  };
  for (std::uint8_t t = 1; t <= threads; ++t)
    if (uut.request(thread(t), t) == answer::run)
      running.insert(t);
  // A server (1 to 20) yields and asks for a second command (101 to 120); those end.
  std::size_t ended = 0;
  for (int round = 0; round < 1000 && ended < threads; ++round) {
    REQUIRE(!running.empty());
    const auto x = *running.begin();
    running.erase(x);
    take(uut.release(x));
    if (x > 100)
      ++ended;
    else if (uut.request(thread(static_cast<std::uint8_t>(x)), 100 + x) == answer::run)
      running.insert(100 + x);
  }
  CHECK_EQ(ended, std::size_t{threads});
}

SCENARIO("whatever happens: the bound holds, no place is lost, nobody starves") {
  std::minstd_rand random{11};
  for (int game = 0; game < 200; ++game) {
    const auto places = 1 + random() % 5;
    command_governor uut{{.running = places, .waiting = 60, .waiting_of_thread = 20}};
    std::set<ticket> running;
    std::map<ticket, std::pair<std::uint8_t, std::size_t>> waiting; // thread, others' starts so far
    ticket last = 0;
    const auto started = [&](ticket x) {
      const auto found = waiting.find(x);
      if (found != waiting.end()) {
        const auto of = found->second.first;
        waiting.erase(found);
        for (auto& [other, entry] : waiting)
          if (entry.first != of)
            ++entry.second;
      }
      running.insert(x);
    };
    for (int step = 0; step < 300; ++step) {
      if (random() % 2 == 0) {
        const auto t = static_cast<std::uint8_t>(random() % 6);
        const auto x = ++last;
        switch (uut.request(thread(t), x)) {
        case answer::run:
          REQUIRE(waiting.empty());
          running.insert(x);
          break;
        case answer::wait: waiting.emplace(x, std::pair{t, std::size_t{0}}); break;
        case answer::refuse: break;
        }
      } else if (random() % 4 == 0 && !waiting.empty()) {
        const auto x = std::next(waiting.begin(), random() % waiting.size())->first;
        waiting.erase(x);
        REQUIRE(uut.release(x) == std::nullopt);
      } else if (!running.empty()) {
        const auto x = *std::next(running.begin(), random() % running.size());
        running.erase(x);
        if (const auto next = uut.release(x))
          started(*next);
        else
          REQUIRE(waiting.empty());
      }
      REQUIRE(running.size() <= places);
      REQUIRE_EQ(uut.running(), running.size());
      REQUIRE_EQ(uut.waiting(), waiting.size());
      // Of 20 queued before it in its thread, each lets the 5 others go first.
      for (const auto& [x, entry] : waiting)
        REQUIRE(entry.second <= 21 * 5);
    }
  }
}

SCENARIO("the default follows cores and memory") {
  constexpr std::uint64_t gib = 1024ULL * 1024 * 1024;
  CHECK_EQ(default_running_commands(2, 16 * gib), 6u);
  CHECK_EQ(default_running_commands(64, 256 * gib), 130u);
  CHECK_EQ(default_running_commands(64, 4 * gib), 16u);
  CHECK_EQ(default_running_commands(1, gib / 4), 4u);
}

SCENARIO("cores that this process may not use do not count") {
  cpu_set_t all;
  REQUIRE_EQ(::sched_getaffinity(0, sizeof(all), &all), 0);
  int first = 0;
  while (CPU_ISSET(first, &all) == 0)
    ++first;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(first, &one);
  REQUIRE_EQ(::sched_setaffinity(0, sizeof(one), &one), 0);
  const auto commands = running_commands_of_machine();
  ::sched_setaffinity(0, sizeof(all), &all);
  CHECK_EQ(commands, fewest_commands);
}
