#define CAF_SUITE rate_governor
#include <caf/test/bdd_dsl.hpp>

#include "tests/actors/model_client/rate_simulation.hpp"

#include <algorithm>
#include <random>

using namespace std::literals;
using namespace troupe;
using namespace troupe::model_client;
using namespace troupe::testing;

namespace {

fleet_report run(fleet x, sim_provider provider, governor_settings settings = {}) {
  return fleet_simulation{x, std::move(provider), std::move(settings)}.run();
}

rate_governor::request request(std::uint64_t operation, std::uint8_t thread, double tokens = 0) {
  rate_governor::request x;
  x.operation = operation;
  x.thread.bytes[15] = thread;
  x.provider = "p";
  x.model = "m";
  x.tokens = tokens;
  return x;
}

governor_settings limited(double requests_per_minute, double tokens_per_minute = 0) {
  return {
    .total = {.requests_per_minute = requests_per_minute, .tokens_per_minute = tokens_per_minute}};
}

std::vector<std::uint64_t> released(rate_governor& x, double second) {
  std::vector<std::uint64_t> result;
  for (const auto& entry : x.release(at_seconds(second)))
    result.push_back(entry.operation);
  return result;
}

using numbers = std::vector<std::uint64_t>;

} // namespace

SCENARIO("a provider that announces its limit refuses next to nothing, and no time is lost") {
  for (const double latency : {0.0005, 0.005, 0.05}) {
    for (const std::size_t turns : {1u, 5u}) {
      const fleet x{.threads = 400, .turns = turns, .latency = latency};
      const auto ideal = (400.0 * static_cast<double>(turns) - 20) / 20;
      for (const auto& report : {run(x, bucket_limit{.announces = true}),
                                 run(x, bucket_limit{.announces = true, .retry_after = 1s}),
                                 run(x, window_limit{.announces = true})}) {
        CHECK_EQ(report.failed, 0u);
        CHECK(report.refused_share() <= 0.02);
        CHECK(report.seconds <= 1.1 * ideal);
      }
    }
  }
}

SCENARIO("400 threads learn the limit of 20 requests per second of a provider that says nothing") {
  for (const double latency : {0.0005, 0.005, 0.05}) {
    for (const auto pause : {std::optional<std::chrono::milliseconds>{}, std::optional{1000ms}}) {
      const fleet x{.threads = 400, .turns = 5, .latency = latency};
      const auto report = run(x, bucket_limit{.retry_after = pause});
      CHECK_EQ(report.failed, 0u);
      CHECK(report.refused_share() <= 0.02);
      CHECK(report.seconds <= 1.1 * 99);
    }
  }
}

SCENARIO(
  "to learn a silent limit costs less than a burst, and what is under way when answers are slow") {
  for (const double latency : {0.0002, 0.0005, 0.002, 0.02, 0.05, 0.2}) {
    for (const double lag : {0.0, 0.02}) {
      const fleet x{.threads = 400, .turns = 1, .latency = latency, .lag = lag};
      const auto report = run(x, bucket_limit{});
      CHECK_EQ(report.failed, 0u);
      CHECK(report.refused <= (latency <= 0.05 ? 14u : 40u));
      CHECK(report.seconds <= 1.1 * 19);
    }
  }
}

SCENARIO("refusals that have nothing to do with the rate slow a fleet down and do not stop it") {
  for (const double share : {0.01, 0.03, 0.1}) {
    for (const auto pause : {std::optional<std::chrono::milliseconds>{}, std::optional{1000ms}}) {
      std::mt19937 random{1};
      const auto moody = [&](double) {
        const bool refuses = std::uniform_real_distribution<>{}(random) < share;
        return refuses ? sim_answer{.status = 429, .reading = {.retry_after = pause}}
                       : sim_answer{};
      };
      const auto report = run({.threads = 500, .turns = 20, .latency = 0.02}, moody);
      CHECK_EQ(report.failed, 0u);
      CHECK(report.seconds < 240);
    }
  }
}

SCENARIO(
  "a limit that comes to hold later is obeyed by a fleet that was refused by chance before") {
  std::mt19937 random{1};
  bucket_limit bucket;
  const auto moody = [&](double now) {
    if (now > 60)
      return bucket(now);
    const bool refuses = std::uniform_real_distribution<>{}(random) < 0.1;
    return refuses ? sim_answer{.status = 429} : sim_answer{};
  };
  // Each answer takes a second, so that most of the turns are left when the limit begins.
  const auto report = run({.threads = 100, .turns = 80, .latency = 0.5}, moody);
  CHECK_EQ(report.failed, 0u);
  CHECK(report.refused_share() <= 0.12);
}

SCENARIO("answers that are taken in late are not mistaken for room") {
  const fleet x{.threads = 400, .turns = 5, .latency = 0.0005, .lag = 0.02};
  for (const auto& report : {run(x, bucket_limit{.announces = true}),
                             run(x, bucket_limit{.announces = true, .retry_after = 50ms}),
                             run(x, window_limit{.announces = true})}) {
    CHECK_EQ(report.failed, 0u);
    CHECK(report.refused_share() <= 0.02);
    CHECK(report.seconds <= 1.1 * 99);
  }
}

SCENARIO("threads take turns: nobody is far ahead of anybody") {
  const fleet x{.threads = 50, .turns = 20, .latency = 0.01};
  CHECK(run(x, bucket_limit{}).fairness >= 0.8);
  CHECK(run(x, bucket_limit{.announces = true}).fairness >= 0.8);
}

SCENARIO("a limit that holds for a period, and one without any burst, end without a failed turn") {
  const fleet x{.threads = 200, .turns = 5, .latency = 0.01};
  for (const auto& report : {run(x, window_limit{}), run(x, window_limit{.retry_after = 1s}),
                             run(x, bucket_limit{.capacity = 1})}) {
    CHECK_EQ(report.failed, 0u);
    CHECK(report.refused_share() <= 0.03);
    CHECK(report.seconds <= 1.6 * 50);
  }
}

SCENARIO("without a limit thousands of threads are under way within a second") {
  const auto report =
    run({.threads = 10'000, .turns = 1, .latency = 0.002}, [](double) { return sim_answer{}; });
  CHECK_EQ(report.refused, 0u);
  CHECK(report.seconds < 1);
}

SCENARIO("a provider that never answers does not hold the others up for ever") {
  rate_governor x;
  std::size_t sent = 0;
  for (std::uint64_t i = 1; i <= 100; ++i)
    sent += x.admit(request(i, static_cast<std::uint8_t>(i)), at_seconds(0)) ? 1 : 0;
  CHECK(sent < 10);
  while (const auto next = x.next_release()) {
    REQUIRE(*next < at_seconds(10));
    sent += x.release(*next).size();
  }
  CHECK_EQ(sent, 100u);
}

SCENARIO("a single thread never waits") {
  rate_governor x;
  for (int i = 0; i < 100; ++i) {
    auto pass = x.admit(request(1, 1), at_seconds(i * 0.01));
    REQUIRE(pass.has_value());
    CHECK(!pass->settle(200, false));
  }
  CHECK_EQ(x.waiting(), 0u);
  CHECK(!x.next_release());
}

SCENARIO("configured requests per minute are spent evenly") {
  const auto report = run(
    {.threads = 30, .turns = 2, .latency = 0.001}, [](double) { return sim_answer{}; },
    limited(120));
  CHECK_EQ(report.refused, 0u);
  CHECK(report.seconds >= 28);
  CHECK(report.seconds <= 31);
}

SCENARIO("configured tokens per minute count by the size of requests") {
  rate_governor x{limited(0, 6000)}; // 100 per second
  auto pass = x.admit(request(1, 1, 300), at_seconds(0));
  REQUIRE(pass.has_value());
  CHECK(!x.admit(request(2, 2, 100), at_seconds(0)));
  REQUIRE(x.next_release().has_value());
  CHECK(*x.next_release() >= at_seconds(2.9));
  CHECK(released(x, 1).empty());
  CHECK(released(x, 3.1) == numbers{2});
}

SCENARIO("a provider's own limit holds beside the total one") {
  governor_settings settings;
  settings.per_provider["p"] = {.requests_per_minute = 60};
  rate_governor x{settings};
  CHECK(x.admit(request(1, 1), at_seconds(0)).has_value());
  CHECK(!x.admit(request(2, 2), at_seconds(0)));
  auto other = request(3, 3);
  other.provider = "q";
  CHECK(x.admit(other, at_seconds(0)).has_value());
}

SCENARIO("no minute sees more than its configured requests, the first one included") {
  for (const double per_minute : {1.0, 7.0, 60.0, 600.0, 1200.0}) {
    rate_governor x{limited(per_minute)};
    std::vector<double> sent;
    for (std::uint64_t i = 0; i < 3 * static_cast<std::uint64_t>(per_minute); ++i)
      if (x.admit(request(i, static_cast<std::uint8_t>(i)), at_seconds(0)))
        sent.push_back(0);
    while (const auto next = x.next_release())
      for (std::size_t n = x.release(*next).size(); n > 0; --n)
        sent.push_back(std::chrono::duration<double>(*next - at_seconds(0)).count());
    const auto in_minute = static_cast<std::size_t>(per_minute);
    REQUIRE_EQ(sent.size(), 3 * in_minute);
    for (std::size_t i = 0; i + in_minute < sent.size(); ++i)
      CHECK(sent[i + in_minute] - sent[i] >= 59.999);
    CHECK(sent.back() <= 60 * 3.1);
  }
}

SCENARIO("configured streams at once: the next one waits for the end of another") {
  governor_settings settings;
  settings.total.streams = 3;
  settings.per_provider["p"] = {.streams = 2};
  rate_governor x{settings};
  for (const auto operation : {1u, 2u})
    CHECK(x.admit(request(operation, static_cast<std::uint8_t>(operation)), at_seconds(0)));
  CHECK(!x.admit(request(3, 3), at_seconds(0)));
  CHECK(!x.next_release()); // no time brings it
  auto other = request(4, 4);
  other.provider = "q";
  CHECK(x.admit(other, at_seconds(0)).has_value());
  other.operation = 5;
  CHECK(!x.admit(other, at_seconds(0)));
  x.on_over(1, at_seconds(1));
  x.on_over(1, at_seconds(1)); // told twice
  REQUIRE(x.next_release().has_value());
  CHECK(*x.next_release() <= at_seconds(1));
  CHECK_EQ(released(x, 1).size(), 1u); // of both that wait, as there is room for one in all
  x.on_over(77, at_seconds(2));
  CHECK(!x.next_release());
  x.on_over(2, at_seconds(2));
  CHECK_EQ(released(x, 2).size(), 1u);
  CHECK_EQ(x.waiting(), 0u);
}

SCENARIO("models that share a limit take turns") {
  rate_governor x{limited(60)};
  CHECK(x.admit(request(1, 1), at_seconds(0)).has_value());
  for (const auto operation : {2u, 3u, 4u})
    CHECK(!x.admit(request(operation, static_cast<std::uint8_t>(operation)), at_seconds(0)));
  auto other = request(5, 5);
  other.model = "n";
  CHECK(!x.admit(other, at_seconds(0)));
  numbers order;
  for (int second = 1; second <= 8; ++second)
    for (const auto operation : released(x, second + 0.01))
      order.push_back(operation);
  CHECK_EQ(order.size(), 4u);
  CHECK(std::ranges::find(order, 5u) - order.begin() <= 1);
}

SCENARIO("waiting threads take turns, and each keeps its order") {
  rate_governor x{limited(60)};
  CHECK(x.admit(request(1, 1), at_seconds(0)).has_value());
  for (const auto operation : {2u, 3u, 4u})
    CHECK(!x.admit(request(operation, 1), at_seconds(0)));
  CHECK(!x.admit(request(5, 2), at_seconds(0)));
  numbers order;
  for (int second = 1; second <= 5; ++second)
    for (const auto operation : released(x, second + 0.01))
      order.push_back(operation);
  CHECK(order == (numbers{2, 5, 3, 4}));
}

SCENARIO("a refused request waits ahead of the others") {
  rate_governor x{limited(60)};
  CHECK(x.admit(request(1, 1), at_seconds(0)).has_value());
  CHECK(!x.admit(request(2, 2), at_seconds(0)));
  x.readmit(request(1, 1), at_seconds(0.1));
  CHECK(released(x, 1.01) == numbers{1});
  CHECK(released(x, 2.02) == numbers{2});
}

SCENARIO("what is withdrawn is not sent") {
  rate_governor x{limited(60)};
  CHECK(x.admit(request(1, 1), at_seconds(0)).has_value());
  for (const auto operation : {2u, 3u})
    CHECK(!x.admit(request(operation, static_cast<std::uint8_t>(operation)), at_seconds(0)));
  x.withdraw(2);
  x.withdraw(77);
  CHECK_EQ(x.waiting(), 1u);
  CHECK(released(x, 1.01) == numbers{3});
  CHECK(!x.next_release());
}

SCENARIO("a wait that the provider asks for holds for the whole lane, and for no other") {
  rate_governor x;
  auto pass = x.admit(request(1, 1), at_seconds(0));
  REQUIRE(pass.has_value());
  REQUIRE(pass->settle(429, false));
  x.on_answer(*pass, 429, {.retry_after = 30s}, at_seconds(0.1));
  CHECK(!x.admit(request(2, 2), at_seconds(0.2)));
  CHECK(released(x, 30).empty());
  auto other = request(3, 3);
  other.model = "n";
  CHECK(x.admit(other, at_seconds(1)).has_value());
  CHECK(released(x, 30.2) == numbers{2});
}

SCENARIO("a refusal teaches a rate, which is forgotten after a while") {
  rate_governor x;
  auto pass = x.admit(request(1, 1), at_seconds(0));
  REQUIRE(pass->settle(429, false));
  x.on_answer(*pass, 429, {}, at_seconds(0.1));
  REQUIRE(x.find_lane("p", "m") != nullptr);
  CHECK(x.find_lane("p", "m")->knows_limits());
  CHECK(x.find_lane("p", "m")->learned_per_second() > 0);
  CHECK(x.admit(request(2, 2), at_seconds(700)).has_value());
  CHECK(!x.find_lane("p", "m")->knows_limits());
  CHECK(x.find_lane("p", "other") == nullptr);
}

SCENARIO("endless names of models share a lane") {
  rate_governor x;
  for (std::size_t i = 0; i < rate_governor::max_lanes + 10; ++i) {
    auto one = request(i, 1);
    one.model = std::to_string(i);
    x.admit(one, at_seconds(0));
  }
  CHECK(x.find_lane("p", "") != nullptr);
  CHECK(x.find_lane("p", std::to_string(rate_governor::max_lanes + 5)) == nullptr);
}

SCENARIO(
  "a refusal is expected to pass when it speaks of limits or the model has answered before") {
  using namespace troupe::model_client;
  rate_governor uut;
  const rate_governor::request x{
    .operation = 1, .thread = {}, .provider = "p", .model = "m", .tokens = 1};
  CHECK(!uut.will_pass(x, {}));
  rate_reading named;
  named.retry_after = std::chrono::milliseconds{0};
  CHECK(uut.will_pass(x, named));
  rate_reading counted;
  counted.requests = budget_reading{};
  CHECK(uut.will_pass(x, counted));
  auto pass = uut.admit(x, rate_governor::time_point{std::chrono::hours{1}});
  REQUIRE(pass);
  CHECK(!uut.will_pass(x, {}));
  pass->settle(200, false);
  CHECK(uut.will_pass(x, {}));
  auto elsewhere = x;
  elsewhere.model = "other";
  CHECK(!uut.will_pass(elsewhere, {}));
}
