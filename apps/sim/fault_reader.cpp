#include "apps/sim/rule_reader.hpp"
#include "messages/json/writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace troupe::sim {

namespace {

constexpr std::int64_t max_wait_ms = std::chrono::milliseconds{max_wait}.count();
constexpr std::int64_t max_filler_bytes = 64 * 1024 * 1024;

distribution read_distribution(field_reader& from, std::string_view key,
                               const distribution& fallback) {
  constexpr auto most = static_cast<double>(max_wait_ms);
  const auto* found = from.find(key);
  if (found == nullptr)
    return fallback;
  distribution result;
  if (!std::holds_alternative<config::setting_table>(found->value)) {
    result.first = from.number(key, 0, most).value_or(0);
    return result;
  }
  auto shape = from.table(key);
  if (!shape)
    return fallback;
  if (shape->find("median") != nullptr || shape->find("sigma") != nullptr) {
    result.what = distribution::kind::lognormal;
    result.first = shape->number("median", 0, most).value_or(0);
    result.second = shape->number("sigma", 0, 10).value_or(0.5);
    result.most = shape->number("max", 0, most).value_or(most);
  } else {
    result.what = distribution::kind::uniform;
    const auto least = shape->number("min", 0, most);
    const auto end = shape->number("max", 0, most);
    if (!least || !end || *end < *least)
      from.refuse(key, "expected milliseconds, {min, max} or {median, sigma, max}");
    result.first = least.value_or(0);
    result.second = end.value_or(0);
  }
  shape->finish();
  return result;
}

std::string rate_limit_body(std::string_view message) {
  std::string text;
  append_json_string(text, message);
  return fmt::format(
    R"({{"error":{{"message":{},"type":"requests","code":"rate_limit_exceeded"}}}})", text);
}

std::string rate_limit_text(double wait_s) {
  return fmt::format("Rate limit reached. Please try again in {}s.", wait_s);
}

void add_wait(double wait_s, fault_effect& to) {
  // The header knows whole seconds only; the second one is what some providers add.
  to.headers.emplace_back("retry-after", fmt::format("{:.0f}", wait_s));
  to.headers.emplace_back("retry-after-ms", fmt::format("{:.0f}", wait_s * 1000));
}

void read_status(field_reader& from, fault_effect& to) {
  to = status_effect(static_cast<int>(from.integer("status", 400, 599).value_or(500)));
  to.headers = from.text_pairs("headers");
  to.content_type = from.text("content_type").value_or(to.content_type);
  to.body = from.text("body").value_or(to.body);
}

void read_rate_limit(field_reader& from, fault_effect& to) {
  to.status = 429;
  to.headers = from.text_pairs("headers");
  const auto wait = from.number("retry_after_s", 0, 3600);
  if (wait)
    add_wait(*wait, to);
  const auto message = from.text("message").value_or(rate_limit_text(wait.value_or(1)));
  to.body = from.text("body").value_or(rate_limit_body(message));
}

void read_place(field_reader& from, fault_effect& to) {
  constexpr std::int64_t most = 1'000'000;
  if (const auto count = from.integer("after_events", 0, most))
    to.after_events = static_cast<std::uint32_t>(*count);
}

void read_effect(field_reader& from, fault_effect& to) {
  switch (to.kind) {
  case fault_kind::status: return read_status(from, to);
  case fault_kind::rate_limit: return read_rate_limit(from, to);
  case fault_kind::reset:
  case fault_kind::no_completed: return;
  case fault_kind::stall:
    to.place = from.choice<stall_place>("at").value_or(stall_place::before_headers);
    to.lasts = read_milliseconds(from, "for_ms");
    if (to.place == stall_place::mid_stream)
      read_place(from, to);
    return;
  case fault_kind::cut: return read_place(from, to);
  case fault_kind::garbage:
    to.text = from.text("text").value_or("");
    to.filler_bytes =
      static_cast<std::uint64_t>(from.integer("filler_bytes", 0, max_filler_bytes).value_or(0));
    return read_place(from, to);
  case fault_kind::slow:
    to.bytes_per_second =
      static_cast<std::uint32_t>(from.integer("bytes_per_second", 1, 1'000'000).value_or(200));
    return;
  case fault_kind::failed:
    to.code = from.text("code").value_or("server_error");
    to.message = from.text("message").value_or("simulated failure");
    to.error = from.text("error").value_or("");
    return read_place(from, to);
  case fault_kind::incomplete:
    to.reason = from.text("reason").value_or("max_output_tokens");
    return;
  case fault_kind::endless:
  case fault_kind::comments:
    to.interval = read_milliseconds(from, "interval_ms").value_or(std::chrono::milliseconds{10});
    return read_place(from, to);
  case fault_kind::corrupt:
    to.bytes = static_cast<std::uint32_t>(from.integer("bytes", 1, 1'000'000).value_or(to.bytes));
    return read_place(from, to);
  case fault_kind::close:
    to.close_code =
      static_cast<std::uint16_t>(from.integer("code", 1000, 4999).value_or(to.close_code));
    to.reason = from.text("reason").value_or("");
    return read_place(from, to);
  case fault_kind::duplicate:
  case fault_kind::unknown:
  case fault_kind::binary:
  case fault_kind::ping: return read_place(from, to);
  case fault_kind::wrong_count:
    to.entries = static_cast<std::uint32_t>(from.integer("entries", 0, 1000).value_or(0));
    return;
  }
}

bool is_of_messages(fault_kind x) {
  return x == fault_kind::close || x == fault_kind::binary || x == fault_kind::ping;
}

// What makes sense for whom: a body of JSON has no events, a handshake has no body.
bool fits(fault_kind x, fault_target on) {
  switch (x) {
  case fault_kind::status:
  case fault_kind::rate_limit:
  case fault_kind::reset:
  case fault_kind::stall: return true;
  case fault_kind::cut:
  case fault_kind::garbage:
  case fault_kind::corrupt:
  case fault_kind::slow: return on != fault_target::handshake;
  case fault_kind::wrong_count: return on == fault_target::memories;
  case fault_kind::no_completed:
  case fault_kind::failed:
  case fault_kind::incomplete:
  case fault_kind::endless:
  case fault_kind::comments:
  case fault_kind::duplicate:
  case fault_kind::unknown:
  case fault_kind::close:
  case fault_kind::binary:
  case fault_kind::ping: return on == fault_target::responses;
  }
  return false; // unreachable; keeps GCC content
}

// Only `/responses` and `/responses/compact` have an input to ask about.
void check_conditions(field_reader& from, fault_target on) {
  constexpr auto allowed =
    std::to_array<std::string_view>({"attempt", "body_contains", "chance", "request"});
  if (on == fault_target::responses || on == fault_target::compact)
    return;
  auto when = from.table("when");
  if (!when)
    return;
  for (const auto key : when->keys())
    if (std::ranges::find(allowed, key) == allowed.end())
      when->refuse(
        key, fmt::format("a fault on {} may ask for {}", to_text(on), fmt::join(allowed, ", ")));
}

// A fault of messages happens to messages only, whether or not the scenario says so.
void restrict_to_messages(field_reader& from, fault& x) {
  if (!is_of_messages(x.effect.kind))
    return;
  if (x.when.transport == transport::http)
    from.refuse("when", "this kind happens over WebSocket only");
  x.when.transport = transport::websocket;
}

} // namespace

pace read_pace(field_reader& from, const pace& defaults) {
  auto fields = from.table("pace");
  if (!fields)
    return defaults;
  auto result = defaults;
  result.first_token = read_distribution(*fields, "first_token_ms", defaults.first_token);
  result.token = read_distribution(*fields, "token_ms", defaults.token);
  result.tokens_per_event = static_cast<std::uint32_t>(
    fields->integer("tokens_per_event", 1, 100'000).value_or(defaults.tokens_per_event));
  fields->finish();
  return result;
}

usage_rule read_usage(field_reader& from) {
  usage_rule result;
  if (auto fields = from.table("usage")) {
    result.is_reported = fields->boolean("reported").value_or(true);
    result.input_tokens = fields->integer("input_tokens");
    result.cached_tokens = fields->integer("cached_tokens");
    result.output_tokens = fields->integer("output_tokens");
    result.reasoning_tokens = fields->integer("reasoning_tokens");
    fields->finish();
  }
  return result;
}

std::optional<std::chrono::milliseconds> read_milliseconds(field_reader& from,
                                                           std::string_view key) {
  const auto count = from.integer(key, 0, max_wait_ms);
  return count ? std::optional{std::chrono::milliseconds{*count}} : std::nullopt;
}

fault_effect status_effect(int status) {
  fault_effect result;
  result.status = status;
  result.body = fmt::format(
    R"({{"error":{{"message":"simulated failure","type":"server_error","code":{}}}}})", status);
  return result;
}

fault_effect rate_limit_effect(double retry_after_s) {
  fault_effect result;
  result.kind = fault_kind::rate_limit;
  result.status = 429;
  add_wait(retry_after_s, result);
  result.body = rate_limit_body(rate_limit_text(retry_after_s));
  return result;
}

std::vector<fault> read_faults(field_reader& from, fault_owner owner) {
  std::vector<fault> result;
  for (auto& fields : from.tables("fault")) {
    fault x;
    const auto kind = fields.choice<fault_kind>("kind");
    if (!kind) {
      fields.refuse("kind", "a fault needs a kind"); // an unknown one has been refused already
      return result;
    }
    x.effect.kind = *kind;
    x.name = fields.text("name").value_or(fmt::format("{}-{}", to_text(*kind), result.size() + 1));
    if (owner == fault_owner::scenario)
      x.on = fields.choice<fault_target>("on").value_or(fault_target::responses);
    if (!fits(*kind, x.on))
      fields.refuse("kind", fmt::format("{} does not happen to {}", to_text(*kind), to_text(x.on)));
    x.when = read_condition(fields);
    check_conditions(fields, x.on);
    restrict_to_messages(fields, x);
    read_effect(fields, x.effect);
    fields.finish();
    result.push_back(std::move(x));
  }
  return result;
}

} // namespace troupe::sim
