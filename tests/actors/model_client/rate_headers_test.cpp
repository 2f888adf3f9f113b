#define CAF_SUITE rate_headers
#include <caf/test/bdd_dsl.hpp>

#include "actors/model_client/rate_headers.hpp"
#include "actors/model_client/retry_after.hpp"

using namespace std::literals;
using namespace troupe;
using namespace troupe::model_client;

namespace {

net::header_list
headers(std::initializer_list<std::pair<std::string_view, std::string_view>> entries) {
  net::header_list result;
  for (const auto& [name, value] : entries)
    result.set(name, value);
  return result;
}

} // namespace

SCENARIO("reset times are read in every way that providers write them") {
  CHECK(read_reset_time("1s") == 1000ms);
  CHECK(read_reset_time("6m0s") == 360'000ms);
  CHECK(read_reset_time("20ms") == 20ms);
  CHECK(read_reset_time("1.5s") == 1500ms);
  CHECK(read_reset_time("1h2m3s") == 3'723'000ms);
  CHECK(read_reset_time("2d") == 172'800'000ms);
  CHECK(read_reset_time("59") == 59'000ms);
  CHECK(read_reset_time("0") == 0ms);
  CHECK(read_reset_time("99999999999999999999h") == longest_retry_after);
}

SCENARIO("what is no time is none") {
  for (const auto* text : {"", "s", "1x", "-1s", "soon", "1s soon", "nan", "inf"}) {
    CHECK(!read_reset_time(text));
  }
}

SCENARIO("a budget needs its limit and what remains") {
  const auto full = read_rate_headers(headers({{"x-ratelimit-limit-requests", "60"},
                                               {"x-ratelimit-remaining-requests", "59"},
                                               {"x-ratelimit-reset-requests", "1s"},
                                               {"x-ratelimit-limit-tokens", "150000"},
                                               {"x-ratelimit-remaining-tokens", "149984"},
                                               {"Retry-After", "2"}}),
                                      0);
  CHECK(full.requests == (budget_reading{60, 59, 1000ms}));
  CHECK(full.tokens == (budget_reading{150'000, 149'984, 1000ms}));
  CHECK(full.retry_after == 2000ms);
  const auto half = read_rate_headers(headers({{"x-ratelimit-limit-requests", "60"}}), 0);
  CHECK(half == rate_reading{});
}

SCENARIO("figures that make no sense are left out") {
  for (const auto* bad : {"", "x", "-1", "nan", "inf", "1 0"}) {
    CHECK(
      !read_rate_headers(
         headers({{"x-ratelimit-limit-requests", bad}, {"x-ratelimit-remaining-requests", "1"}}), 0)
         .requests);
    CHECK(!read_rate_headers(headers({{"x-ratelimit-limit-requests", "10"},
                                      {"x-ratelimit-remaining-requests", bad}}),
                             0)
             .requests);
  }
  CHECK_EQ(
    read_rate_headers(
      headers({{"x-ratelimit-limit-requests", "10"}, {"x-ratelimit-remaining-requests", "99"}}), 0)
      .requests->remaining,
    10);
}

SCENARIO("an answer without such headers says nothing") {
  CHECK(!has_rate_headers(headers({{"content-type", "x"}})));
  CHECK(has_rate_headers(headers({{"X-RateLimit-Remaining-Tokens", "1"}})));
}
