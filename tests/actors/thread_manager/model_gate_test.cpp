#define CAF_SUITE model_gate
#include <caf/test/bdd_dsl.hpp>

#include "actors/thread_manager/model_gate.hpp"

#include <string>

using namespace troupe::thread_manager;
using namespace std::chrono_literals;

namespace {

using answer = model_gate::answer;

const model_gate::clock::time_point start = model_gate::clock::time_point{} + 1h;

void run_all(std::vector<std::function<void()>> x) {
  for (const auto& f : x)
    f();
}

} // namespace

SCENARIO("a thousand starts put one question and go on in their order") {
  model_gate uut;
  std::string order;
  CHECK(uut.arrive(start, [&] { order += '0'; }) == answer::ask);
  for (int i = 1; i < 1'000; ++i)
    CHECK(uut.arrive(start, [&, i] { order += static_cast<char>('0' + i % 10); }) == answer::wait);
  CHECK_EQ(uut.waiting(), 1'000u);
  run_all(uut.opened(start + 1s, refresh_outcome::refreshed));
  CHECK_EQ(uut.waiting(), 0u);
  CHECK_EQ(order.size(), 1'000u);
  CHECK(order.starts_with("01234567890"));
  CHECK(uut.arrive(start + 2s, [] {}) == answer::go);
}

SCENARIO("an answer is trusted for a while, a failure for longer") {
  model_gate uut;
  CHECK(uut.arrive(start, [] {}) == answer::ask);
  uut.opened(start, refresh_outcome::refreshed);
  CHECK(uut.arrive(start + model_gate::trusted - 1ms, [] {}) == answer::go);
  CHECK(uut.arrive(start + model_gate::trusted, [] {}) == answer::ask);
  const auto later = start + model_gate::trusted;
  uut.opened(later, refresh_outcome::failed);
  CHECK(uut.arrive(later + model_gate::left_alone - 1ms, [] {}) == answer::go);
  CHECK(uut.arrive(later + model_gate::left_alone, [] {}) == answer::ask);
}

SCENARIO("another provider is asked anew") {
  model_gate uut;
  CHECK(uut.arrive(start, [] {}) == answer::ask);
  uut.opened(start, refresh_outcome::refreshed);
  uut.close();
  CHECK(uut.arrive(start, [] {}) == answer::ask);
  uut.close();
  CHECK(uut.arrive(start, [] {}) == answer::wait);
  CHECK_EQ(uut.opened(start, refresh_outcome::refreshed).size(), 2u);
  CHECK(uut.arrive(start, [] {}) == answer::ask); // that answer was of the provider before
}
