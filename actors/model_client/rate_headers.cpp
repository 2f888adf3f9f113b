#include "actors/model_client/rate_headers.hpp"

#include "actors/model_client/retry_after.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>
#include <system_error>

namespace troupe::model_client {

namespace {

std::optional<double> read_count(const net::header_list& headers, std::string_view name) {
  const auto text = headers.find_readable(name);
  if (!text)
    return std::nullopt;
  double result = 0;
  const auto end = text->data() + text->size();
  const auto [stop, error] = std::from_chars(text->data(), end, result);
  if (error != std::errc{} || stop != end || !std::isfinite(result) || result < 0)
    return std::nullopt;
  return result;
}

std::optional<budget_reading> read_budget(const net::header_list& headers, std::string_view what) {
  const auto name = [what](std::string_view part) {
    return "x-ratelimit-" + std::string{part} + '-' + std::string{what};
  };
  const auto limit = read_count(headers, name("limit"));
  const auto remaining = read_count(headers, name("remaining"));
  if (!limit || !remaining || *limit < 1)
    return std::nullopt;
  budget_reading result{.limit = *limit, .remaining = std::min(*remaining, *limit)};
  if (const auto reset = headers.find_readable(name("reset")))
    result.reset = read_reset_time(*reset).value_or(result.reset);
  return result;
}

/// Milliseconds of one of that unit; none for an unknown one.
std::optional<double> unit_of(std::string_view x) {
  if (x == "ms")
    return 1;
  if (x == "s" || x.empty())
    return 1e3;
  if (x == "m")
    return 60e3;
  if (x == "h")
    return 3600e3;
  if (x == "d")
    return 86'400e3;
  return std::nullopt;
}

} // namespace

std::optional<std::chrono::milliseconds> read_reset_time(std::string_view text) {
  double sum = 0;
  if (text.empty())
    return std::nullopt;
  while (!text.empty()) {
    double number = 0;
    const auto end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number, std::chars_format::fixed);
    if (error == std::errc::invalid_argument || !std::isfinite(number) || number < 0)
      return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
    const auto next = std::min(text.find_first_of("0123456789."), text.size());
    const auto unit = unit_of(text.substr(0, next));
    if (!unit)
      return std::nullopt;
    sum += (error == std::errc{} ? number : 1e18) * *unit;
    text.remove_prefix(next);
  }
  const auto longest = static_cast<double>(longest_retry_after.count());
  return std::chrono::milliseconds{static_cast<std::int64_t>(std::min(std::ceil(sum), longest))};
}

rate_reading read_rate_headers(const net::header_list& headers, std::int64_t unix_now) {
  return {.requests = read_budget(headers, "requests"),
          .tokens = read_budget(headers, "tokens"),
          .retry_after = read_retry_after(headers, unix_now)};
}

bool has_rate_headers(const net::header_list& headers) {
  return headers.contains("x-ratelimit-remaining-requests") ||
         headers.contains("x-ratelimit-remaining-tokens");
}

} // namespace troupe::model_client
