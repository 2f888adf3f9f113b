#include "apps/sim/subscription.hpp"

#include "messages/json/writer.hpp"

#include <fmt/format.h>

namespace troupe::sim {

namespace {

using header_pairs = std::vector<std::pair<std::string, std::string>>;

void append_window(std::string_view name, const std::optional<rate_window>& x, header_pairs& out) {
  if (!x)
    return;
  const auto front = fmt::format("x-codex-{}-", name);
  out.emplace_back(front + "used-percent", fmt::format("{}", x->used_percent));
  if (x->window_minutes)
    out.emplace_back(front + "window-minutes", fmt::format("{}", *x->window_minutes));
  if (x->reset_at)
    out.emplace_back(front + "reset-at", fmt::format("{}", *x->reset_at));
}

void write_window(json_writer& json, std::string_view name, const std::optional<rate_window>& x) {
  json.key(name);
  if (!x) {
    json.null();
    return;
  }
  json.begin_object().key("used_percent").real(x->used_percent);
  if (x->window_minutes)
    json.member("window_minutes", *x->window_minutes);
  if (x->reset_at)
    json.member("reset_at", *x->reset_at);
  json.end_object();
}

} // namespace

header_pairs subscription_headers(const subscription_figures& x) {
  header_pairs result;
  append_window("primary", x.primary, result);
  append_window("secondary", x.secondary, result);
  if (!x.credits)
    return result;
  result.emplace_back("x-codex-credits-has-credits", fmt::format("{}", x.credits->has_credits));
  result.emplace_back("x-codex-credits-unlimited", fmt::format("{}", x.credits->is_unlimited));
  if (!x.credits->balance.empty())
    result.emplace_back("x-codex-credits-balance", x.credits->balance);
  return result;
}

std::string subscription_event(const subscription_figures& x) {
  std::string result;
  json_writer json{result};
  json.begin_object().member("type", "codex.rate_limits");
  if (!x.plan_type.empty())
    json.member("plan_type", x.plan_type);
  json.key("rate_limits").begin_object();
  write_window(json, "primary", x.primary);
  write_window(json, "secondary", x.secondary);
  json.end_object();
  if (x.credits) {
    json.key("credits").begin_object();
    json.key("has_credits").boolean(x.credits->has_credits);
    json.key("unlimited").boolean(x.credits->is_unlimited);
    if (!x.credits->balance.empty())
      json.member("balance", x.credits->balance);
    json.end_object();
  }
  json.end_object();
  return result;
}

} // namespace troupe::sim
