#include "actors/model_client/retry_after.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string_view>

namespace troupe::model_client {

namespace {

std::optional<std::chrono::milliseconds> from_seconds(std::string_view text) {
  if (text.empty() || text.find_first_not_of("0123456789.") != std::string_view::npos)
    return std::nullopt;
  double seconds = 0;
  const auto end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, seconds);
  if (error == std::errc::result_out_of_range)
    return longest_retry_after;
  if (error != std::errc{} || stop != end)
    return std::nullopt;
  const auto longest = static_cast<double>(longest_retry_after.count());
  return std::chrono::milliseconds{
    static_cast<std::int64_t>(std::ceil(std::min(seconds * 1000, longest)))};
}

std::optional<int> number_at(std::string_view text, std::size_t at, std::size_t digits) {
  int result = 0;
  const auto end = text.data() + at + digits;
  const auto [stop, error] = std::from_chars(text.data() + at, end, result);
  if (error != std::errc{} || stop != end || result < 0)
    return std::nullopt;
  return result;
}

/// The one form of date that HTTP still lets servers send; all fields have fixed places.
std::optional<std::chrono::sys_seconds> parse_http_date(std::string_view text) {
  static constexpr std::array<std::string_view, 12> months{
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  if (text.size() != 29 || text.substr(25) != " GMT" || text[19] != ':' || text[22] != ':')
    return std::nullopt;
  const auto month = std::ranges::find(months, text.substr(8, 3));
  const auto day = number_at(text, 5, 2);
  const auto year = number_at(text, 12, 4);
  const auto hour = number_at(text, 17, 2);
  const auto minute = number_at(text, 20, 2);
  const auto second = number_at(text, 23, 2);
  if (month == months.end() || !day || !year || !hour || !minute || !second)
    return std::nullopt;
  const std::chrono::year_month_day date{
    std::chrono::year{*year}, std::chrono::month{static_cast<unsigned>(month - months.begin()) + 1},
    std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60)
    return std::nullopt;
  return std::chrono::sys_days{date} + std::chrono::hours{*hour} + std::chrono::minutes{*minute} +
         std::chrono::seconds{*second};
}

} // namespace

std::optional<std::chrono::milliseconds> read_retry_after(const net::header_list& headers,
                                                          std::int64_t unix_now) {
  const auto text = headers.find_readable("retry-after");
  if (!text)
    return std::nullopt;
  if (const auto wait = from_seconds(*text))
    return wait;
  const auto date = parse_http_date(*text);
  if (!date)
    return std::nullopt;
  const auto wait = *date - std::chrono::sys_seconds{std::chrono::seconds{unix_now}};
  return std::clamp<std::chrono::milliseconds>(wait, std::chrono::milliseconds{0},
                                               longest_retry_after);
}

} // namespace troupe::model_client
