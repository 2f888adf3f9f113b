#define CAF_SUITE sim_rate_limiter
#include <caf/test/bdd_dsl.hpp>

#include "apps/sim/rate_limiter.hpp"

#include <map>
#include <string>
#include <utility>
#include <vector>

using namespace troupe::sim;
using namespace std::chrono_literals;

namespace {

using time_point = rate_limiter::time_point;
using header_map = std::map<std::string, std::string>;

const time_point start{};

header_map map_of(const std::vector<std::pair<std::string, std::string>>& headers) {
  return {headers.begin(), headers.end()};
}

} // namespace

SCENARIO("as many requests as the burst pass at once, then one per interval") {
  rate_limiter x{{10, 3, 0}, start};
  for (int i = 0; i < 3; ++i)
    CHECK(!x.admit(5, start).is_refused);
  const auto refused = x.admit(5, start);
  CHECK(refused.is_refused);
  CHECK_EQ(refused.scarce, "requests");
  CHECK_EQ(refused.retry_after, 100ms);
  CHECK(x.admit(5, start + 99ms).is_refused);
  CHECK(!x.admit(5, start + 100ms).is_refused);
  CHECK(x.admit(5, start + 100ms).is_refused);
}

SCENARIO("the bucket fills up to its size and no further") {
  rate_limiter x{{10, 2, 0}, start};
  const auto later = start + 1h;
  CHECK(!x.admit(0, later).is_refused);
  CHECK(!x.admit(0, later).is_refused);
  CHECK(x.admit(0, later).is_refused);
}

SCENARIO("whoever waits as long as he is told passes") {
  rate_limiter x{{7, 1, 5000}, start};
  auto now = start;
  for (int i = 0; i < 200; ++i) {
    const auto verdict = x.admit(100 + i, now);
    if (!verdict.is_refused)
      continue;
    now += verdict.retry_after;
    CHECK(!x.admit(100 + i, now).is_refused);
  }
  CHECK(now > start + 1min);
}

SCENARIO(
  "tokens are limited by the minute, and a request larger than the bucket passes a full one") {
  rate_limiter x{{0, 1, 600}, start};
  CHECK(!x.admit(500, start).is_refused);
  const auto refused = x.admit(200, start);
  CHECK_EQ(refused.scarce, "tokens");
  CHECK_EQ(refused.retry_after, 10s); // 100 are missing, ten come per second
  CHECK(!x.admit(100, start).is_refused);
  CHECK(x.admit(10'000, start + 59s).is_refused);
  CHECK(!x.admit(10'000, start + 60s).is_refused);
}

SCENARIO("a clock that steps back fills nothing and harms nothing") {
  rate_limiter x{{10, 1, 0}, start + 1s};
  CHECK(!x.admit(1, start + 1s).is_refused);
  CHECK(x.admit(1, start).is_refused);
  CHECK(!x.admit(1, start + 1100ms).is_refused);
}

SCENARIO("the headers tell size, rest and time until full") {
  rate_limiter x{{2, 4, 6000}, start};
  x.admit(1000, start);
  const auto headers = map_of(x.admit(500, start).headers);
  CHECK_EQ(headers, (header_map{{"x-ratelimit-limit-requests", "4"},
                                {"x-ratelimit-remaining-requests", "2"},
                                {"x-ratelimit-reset-requests", "1s"},
                                {"x-ratelimit-limit-tokens", "6000"},
                                {"x-ratelimit-remaining-tokens", "4500"},
                                {"x-ratelimit-reset-tokens", "15s"}}));
  CHECK_EQ((rate_limiter{{2, 4, 0}, start}.admit(1, start).headers.size()), 3u);
}

SCENARIO("a refusal says when to come again") {
  rate_limiter x{{0.4, 1, 0}, start};
  x.admit(1, start);
  const auto verdict = x.admit(1, start);
  const auto headers = map_of(refusal_headers(verdict));
  CHECK_EQ(headers.at("retry-after"), "3");
  CHECK_EQ(headers.at("retry-after-ms"), "2500");
  CHECK_EQ(headers.at("x-ratelimit-remaining-requests"), "0");
  CHECK_EQ(refusal_message(verdict), "Rate limit reached for requests. Please try again in 2.5s.");
}

SCENARIO("a silent limit refuses without a word of when and why") {
  rate_limiter x{{.requests_per_second = 1, .burst = 1, .is_silent = true}, start};
  CHECK(x.admit(1, start).headers.empty());
  const auto verdict = x.admit(1, start);
  CHECK(verdict.is_refused);
  CHECK(refusal_headers(verdict).empty());
  CHECK_EQ(refusal_message(verdict), "Too many requests.");
}

SCENARIO("durations are written as the provider writes them") {
  const std::vector<std::pair<std::chrono::microseconds, std::string>> cases = {
    {0us, "0ms"},   {1us, "1ms"},        {17ms, "17ms"},    {1s, "1s"},       {8640ms, "8.64s"},
    {6min, "6m0s"}, {61500ms, "1m1.5s"}, {3602s, "1h0m2s"}, {25h, "25h0m0s"}, {999'001us, "1s"},
  };
  for (const auto& [duration, text] : cases)
    CHECK_EQ(reset_text(duration), text);
}
