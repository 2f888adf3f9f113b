#include "actors/model_client/usage_limit.hpp"

#include <fmt/format.h>

#include <string_view>

namespace troupe::model_client {

namespace {

constexpr std::string_view settings_link = "https://chatgpt.com/codex/settings/usage";

/// What the user can do now; ends where ` or try again at` goes on. Empty: only waiting.
std::string advice(const usage_limit& x) {
  if (x.promo)
    return fmt::format("{},", *x.promo);
  const auto plan = x.plan.value_or("");
  if (plan == "plus")
    return fmt::format("Upgrade to Pro (https://chatgpt.com/explore/pro), buy more credits at {}",
                       settings_link);
  if (plan == "pro")
    return fmt::format("Buy more credits at {}", settings_link);
  if (plan == "team" || plan == "business")
    return "Ask your admin for more access";
  if (plan == "free" || plan == "go")
    return "Upgrade to Plus (https://chatgpt.com/explore/plus),";
  return {};
}

} // namespace

std::string usage_limit_text(const usage_limit& x, const wall_clock& clock) {
  const auto time = x.resets_at ? local_time_text(clock, *x.resets_at) : std::nullopt;
  const auto when = time ? "at " + *time : std::string{"later"};
  const auto now = advice(x);
  if (now.empty())
    return fmt::format("You've hit your usage limit. Try again {}.", when);
  return fmt::format("You've hit your usage limit. {} or try again {}.", now, when);
}

} // namespace troupe::model_client
