#include "actors/model_client/local_time.hpp"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <string_view>

namespace troupe::model_client {

namespace {

std::string_view ordinal_suffix(int day) {
  if (day >= 11 && day <= 13)
    return "th";
  switch (day % 10) {
  case 1: return "st";
  case 2: return "nd";
  case 3: return "rd";
  default: return "th";
  }
}

std::string time_of_day(const std::tm& x) {
  const int hour = x.tm_hour % 12 == 0 ? 12 : x.tm_hour % 12;
  return fmt::format("{}:{:02} {}", hour, x.tm_min, x.tm_hour < 12 ? "AM" : "PM");
}

bool is_same_date(const std::tm& a, const std::tm& b) {
  return a.tm_year == b.tm_year && a.tm_yday == b.tm_yday;
}

} // namespace

wall_clock system_clock() {
  return {.now = [] { return static_cast<std::int64_t>(std::time(nullptr)); },
          .local = [](std::int64_t unix_seconds) -> std::optional<std::tm> {
            const auto time = static_cast<std::time_t>(unix_seconds);
            std::tm result{};
            if (localtime_r(&time, &result) == nullptr)
              return std::nullopt;
            return result;
          }};
}

std::optional<std::string> local_time_text(const wall_clock& clock, std::int64_t unix_seconds) {
  static constexpr std::array<std::string_view, 12> months{
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto then = clock.local(unix_seconds);
  const auto today = clock.local(clock.now());
  if (!then)
    return std::nullopt;
  const auto time = time_of_day(*then);
  if (today && is_same_date(*then, *today))
    return time;
  return fmt::format("{} {}{}, {} {}", months[static_cast<std::size_t>(then->tm_mon)],
                     then->tm_mday, ordinal_suffix(then->tm_mday),
                     std::int64_t{then->tm_year} + 1900, time);
}

} // namespace troupe::model_client
