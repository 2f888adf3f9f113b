#define CAF_SUITE usage_limit
#include <caf/test/bdd_dsl.hpp>

#include "actors/model_client/usage_limit.hpp"

#include <initializer_list>

using namespace troupe::model_client;

namespace {

constexpr std::int64_t noon = 1704196800; // 2 January 2024, 12:00 UTC
constexpr std::int64_t hour = 3600;
constexpr std::int64_t day = 24 * hour;

wall_clock clock_at(std::int64_t now) {
  return {.now = [now] { return now; },
          .local = [](std::int64_t t) -> std::optional<std::tm> {
            const std::time_t time = t;
            std::tm result{};
            if (gmtime_r(&time, &result) == nullptr)
              return std::nullopt;
            return result;
          }};
}

std::string text(std::optional<std::string> plan, std::optional<std::int64_t> resets_at = {}) {
  return usage_limit_text({.plan = std::move(plan), .resets_at = resets_at, .promo = {}},
                          clock_at(noon));
}

} // namespace

SCENARIO("each plan has its advice") {
  constexpr std::string_view opening = "You've hit your usage limit. ";
  struct row {
    std::string plan;
    std::string_view rest;
  };
  for (const auto& [plan, rest] : std::initializer_list<row>{
         {"plus", "Upgrade to Pro (https://chatgpt.com/explore/pro), buy more credits at "
                  "https://chatgpt.com/codex/settings/usage or try again later."},
         {"pro", "Buy more credits at https://chatgpt.com/codex/settings/usage or try again "
                 "later."},
         {"team", "Ask your admin for more access or try again later."},
         {"business", "Ask your admin for more access or try again later."},
         {"free", "Upgrade to Plus (https://chatgpt.com/explore/plus), or try again later."},
         {"go", "Upgrade to Plus (https://chatgpt.com/explore/plus), or try again later."},
         {"enterprise", "Try again later."},
         {"edu", "Try again later."},
         {"platinum", "Try again later."},
       }) {
    CHECK_EQ(text(plan), std::string{opening} + std::string{rest});
  }
  CHECK_EQ(text(std::nullopt), "You've hit your usage limit. Try again later.");
}

SCENARIO("the time is told in the form that fits") {
  CHECK_EQ(text(std::nullopt, noon + 3 * hour + 300),
           "You've hit your usage limit. Try again at 3:05 PM.");
  CHECK_EQ(text("team", noon + day),
           "You've hit your usage limit. Ask your admin for more access or try again at Jan 3rd, "
           "2024 12:00 PM.");
}

SCENARIO("a time that the calendar cannot express is later") {
  CHECK_EQ(text(std::nullopt, INT64_MAX), "You've hit your usage limit. Try again later.");
}

SCENARIO("local times name the day only when it is another one") {
  const auto clock = clock_at(noon);
  struct row {
    std::int64_t time;
    std::string_view text;
  };
  for (const auto& [time, expected] : std::initializer_list<row>{
         {noon, "12:00 PM"},
         {noon - 12 * hour, "12:00 AM"},
         {noon - 12 * hour + 60, "12:01 AM"},
         {noon + 11 * hour + 59 * 60, "11:59 PM"},
         {noon - 12 * hour - 1, "Jan 1st, 2024 11:59 PM"},
         {noon + 12 * hour, "Jan 3rd, 2024 12:00 AM"},
         {noon + 2 * day, "Jan 4th, 2024 12:00 PM"},
         {noon + 9 * day, "Jan 11th, 2024 12:00 PM"},
         {noon + 10 * day, "Jan 12th, 2024 12:00 PM"},
         {noon + 11 * day, "Jan 13th, 2024 12:00 PM"},
         {noon + 19 * day, "Jan 21st, 2024 12:00 PM"},
         {noon + 20 * day, "Jan 22nd, 2024 12:00 PM"},
         {noon + 21 * day, "Jan 23rd, 2024 12:00 PM"},
         {noon + 29 * day, "Jan 31st, 2024 12:00 PM"},
         {noon + 366 * day, "Jan 2nd, 2025 12:00 PM"}, // the same day of the year
         {noon - 60 * day, "Nov 3rd, 2023 12:00 PM"},
       }) {
    CHECK(local_time_text(clock, time) == expected);
  }
}

SCENARIO("the system's clock knows its zone") {
  const auto clock = system_clock();
  CHECK(local_time_text(clock, clock.now()).has_value());
  CHECK(!local_time_text(clock, INT64_MAX));
}
