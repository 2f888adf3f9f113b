#include "actors/model_client/rate_limit_event.hpp"

#include "actors/model_client/json_scan.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <string>
#include <utility>

namespace troupe::model_client {

namespace {

constexpr auto known_plans = std::to_array<std::string_view>(
  {"free", "go", "plus", "pro", "team", "business", "enterprise", "edu"});

/// Walks over the members of an object that are not null, which is the same as absent; false when
/// it is no object or `take` refuses a member: its value has the wrong type.
template <class Take>
bool read_object(const json_slice& x, Take take) {
  if (x.kind != json_kind::object)
    return false;
  json_scan scan{x.text};
  while (const auto member = scan.next())
    if (is_given(member->value) && !take(*member))
      return false;
  return scan.is_complete();
}

bool read_real(const json_slice& x, std::optional<double>& out) {
  double result = 0;
  const auto end = x.text.data() + x.text.size();
  if (x.kind != json_kind::number ||
      std::from_chars(x.text.data(), end, result).ec == std::errc::invalid_argument)
    return false;
  out = result;
  return true;
}

bool read_integer(const json_slice& x, std::optional<std::int64_t>& out) {
  out = json_integer(x);
  return out.has_value();
}

bool read_boolean(const json_slice& x, std::optional<bool>& out) {
  if (x.kind == json_kind::boolean)
    out = x.text == "true";
  return x.kind == json_kind::boolean;
}

bool read_text(const json_slice& x, std::optional<std::string>& out) {
  out = json_text(x);
  return out.has_value();
}

bool read_window(const json_slice& x, std::optional<rate_limit_window>& out) {
  std::optional<double> used;
  rate_limit_window window;
  const bool ok = read_object(x, [&](const json_member& m) {
    if (m.name == "used_percent")
      return read_real(m.value, used);
    if (m.name == "window_minutes")
      return read_integer(m.value, window.window_minutes);
    if (m.name == "reset_at")
      return read_integer(m.value, window.resets_at);
    return true;
  });
  if (!ok || !used)
    return false;
  window.used_percent = *used;
  out = window;
  return true;
}

bool read_windows(const json_slice& x, rate_limits& out) {
  return read_object(x, [&out](const json_member& m) {
    if (m.name == "primary")
      return read_window(m.value, out.primary);
    if (m.name == "secondary")
      return read_window(m.value, out.secondary);
    return true;
  });
}

bool read_credits(const json_slice& x, std::optional<rate_limit_credits>& out) {
  std::optional<bool> has_credits;
  std::optional<bool> unlimited;
  std::optional<std::string> balance;
  const bool ok = read_object(x, [&](const json_member& m) {
    if (m.name == "has_credits")
      return read_boolean(m.value, has_credits);
    if (m.name == "unlimited")
      return read_boolean(m.value, unlimited);
    if (m.name == "balance")
      return read_text(m.value, balance);
    return true;
  });
  if (!ok || !has_credits || !unlimited)
    return false;
  out = rate_limit_credits{
    .has_credits = *has_credits, .unlimited = *unlimited, .balance = std::move(balance)};
  return true;
}

bool read_plan(const json_slice& x, std::optional<std::string>& out) {
  if (!read_text(x, out))
    return false;
  if (std::ranges::find(known_plans, *out) == known_plans.end())
    out = "unknown";
  return true;
}

} // namespace

std::optional<rate_limits> parse_rate_limit_event(std::string_view event_json) {
  rate_limits result;
  const bool ok = read_object({json_kind::object, event_json}, [&result](const json_member& m) {
    if (m.name == "rate_limits")
      return read_windows(m.value, result);
    if (m.name == "credits")
      return read_credits(m.value, result.credits);
    if (m.name == "plan_type")
      return read_plan(m.value, result.plan_type);
    return true;
  });
  if (!ok)
    return std::nullopt;
  return result;
}

} // namespace troupe::model_client
