#include "apps/sim/rate_limiter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace troupe::sim {

namespace {

using std::chrono::microseconds;

constexpr double slack = 1e-9; // sums of fractions of a request

} // namespace

void rate_limiter::bucket::fill(double seconds) {
  level = std::min(size, level + seconds * per_second);
}

microseconds rate_limiter::bucket::until(double wanted) const {
  const auto missing = wanted - level;
  if (!is_limited() || missing <= slack)
    return microseconds{0};
  return microseconds{std::llround(std::ceil(missing / per_second * 1e6))};
}

rate_limiter::rate_limiter(const limit_rule& x, time_point start)
  : is_silent_(x.is_silent), requests_{x.burst, x.requests_per_second, x.burst},
    tokens_{x.tokens_per_minute, x.tokens_per_minute / 60, x.tokens_per_minute}, filled_at_(start) {
}

rate_limiter::verdict rate_limiter::admit(std::int64_t tokens, time_point now) {
  const auto passed = std::chrono::duration<double>(std::max(now, filled_at_) - filled_at_).count();
  filled_at_ = std::max(now, filled_at_);
  requests_.fill(passed);
  tokens_.fill(passed);
  const auto size = std::min(static_cast<double>(tokens), tokens_.size);
  const auto for_request = requests_.until(1);
  const auto for_tokens = tokens_.until(size);
  verdict result;
  result.retry_after = std::max(for_request, for_tokens);
  result.is_refused = result.retry_after > microseconds{0};
  if (result.is_refused) {
    result.scarce = for_tokens > for_request ? "tokens" : "requests";
  } else {
    requests_.level -= 1;
    tokens_.level -= size;
  }
  result.is_silent = is_silent_;
  if (is_silent_)
    return result;
  append_headers("requests", requests_, result.headers);
  append_headers("tokens", tokens_, result.headers);
  return result;
}

void rate_limiter::append_headers(std::string_view what, const bucket& x,
                                  std::vector<std::pair<std::string, std::string>>& out) {
  if (!x.is_limited())
    return;
  out.emplace_back(fmt::format("x-ratelimit-limit-{}", what), fmt::format("{:.0f}", x.size));
  out.emplace_back(fmt::format("x-ratelimit-remaining-{}", what),
                   fmt::format("{:.0f}", std::floor(std::max(0.0, x.level + slack))));
  out.emplace_back(fmt::format("x-ratelimit-reset-{}", what), reset_text(x.until(x.size)));
}

std::string reset_text(microseconds x) {
  const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(x).count();
  if (milliseconds < 1000)
    return fmt::format("{}ms", milliseconds);
  const auto minutes = milliseconds / 60'000;
  const auto seconds = static_cast<double>(milliseconds % 60'000) / 1000;
  if (minutes == 0)
    return fmt::format("{}s", seconds);
  if (minutes < 60)
    return fmt::format("{}m{}s", minutes, seconds);
  return fmt::format("{}h{}m{}s", minutes / 60, minutes % 60, seconds);
}

std::string refusal_message(const rate_limiter::verdict& x) {
  if (x.is_silent)
    return "Too many requests.";
  return fmt::format("Rate limit reached for {}. Please try again in {}.", x.scarce,
                     reset_text(x.retry_after));
}

std::vector<std::pair<std::string, std::string>> refusal_headers(const rate_limiter::verdict& x) {
  auto result = x.headers;
  if (x.is_silent)
    return result;
  const auto exact = std::chrono::ceil<std::chrono::milliseconds>(x.retry_after).count();
  const auto whole = std::chrono::ceil<std::chrono::seconds>(x.retry_after).count();
  result.emplace_back("retry-after", fmt::format("{}", whole));
  result.emplace_back("retry-after-ms", fmt::format("{}", exact));
  return result;
}

} // namespace troupe::sim
