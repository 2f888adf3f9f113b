#include "actors/model_client/response_headers.hpp"

#include <charconv>
#include <cmath>

namespace troupe::model_client {

namespace {

std::string_view without_blanks(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos)
    return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// The whole value as a number; a leading plus sign is allowed.
template <class Number>
std::optional<Number> read_number(const net::header_list& headers, const std::string& name) {
  auto text = headers.find_readable(name);
  if (!text)
    return std::nullopt;
  if (text->starts_with('+') && !text->starts_with("+-"))
    text->remove_prefix(1);
  Number result{};
  const auto end = text->data() + text->size();
  const auto [stop, error] = std::from_chars(text->data(), end, result);
  if (error != std::errc{} || stop != end)
    return std::nullopt;
  return result;
}

std::optional<bool> read_boolean(const net::header_list& headers, std::string_view name) {
  const auto text = headers.find_readable(name);
  if (!text)
    return std::nullopt;
  if (*text == "1" || net::equals_ignoring_case(*text, "true"))
    return true;
  if (*text == "0" || net::equals_ignoring_case(*text, "false"))
    return false;
  return std::nullopt;
}

std::optional<std::string> read_text(const net::header_list& headers, std::string_view name) {
  const auto text = without_blanks(headers.find_readable(name).value_or(""));
  if (text.empty())
    return std::nullopt;
  return std::string{text};
}

/// None when the figures say nothing: providers send zeros for windows that do not apply.
std::optional<rate_limit_window> read_window(const net::header_list& headers,
                                             const std::string& prefix) {
  const auto used = read_number<double>(headers, prefix + "used-percent");
  if (!used || !std::isfinite(*used))
    return std::nullopt;
  rate_limit_window result{.used_percent = *used,
                           .window_minutes =
                             read_number<std::int64_t>(headers, prefix + "window-minutes"),
                           .resets_at = read_number<std::int64_t>(headers, prefix + "reset-at")};
  if (*used == 0 && result.window_minutes.value_or(0) == 0 && !result.resets_at)
    return std::nullopt;
  return result;
}

std::optional<rate_limit_credits> read_credits(const net::header_list& headers) {
  const auto has_credits = read_boolean(headers, "x-codex-credits-has-credits");
  const auto unlimited = read_boolean(headers, "x-codex-credits-unlimited");
  if (!has_credits || !unlimited)
    return std::nullopt;
  return rate_limit_credits{.has_credits = *has_credits,
                            .unlimited = *unlimited,
                            .balance = read_text(headers, "x-codex-credits-balance")};
}

} // namespace

rate_limits read_rate_limits(const net::header_list& headers) {
  return {.primary = read_window(headers, "x-codex-primary-"),
          .secondary = read_window(headers, "x-codex-secondary-"),
          .credits = read_credits(headers),
          .plan_type = std::nullopt};
}

std::optional<std::string> promo_message(const net::header_list& headers) {
  return read_text(headers, "x-codex-promo-message");
}

void append_header_events(const net::header_list& headers, std::vector<model_event>& out) {
  out.emplace_back(rate_limits_seen{read_rate_limits(headers)});
  if (const auto etag = headers.find_readable("x-models-etag"))
    out.emplace_back(models_etag_seen{std::string{*etag}});
  // Any value counts, `false` too: the reference tests for presence only.
  if (headers.contains("x-reasoning-included"))
    out.emplace_back(server_reasoning_included{true});
  if (const auto turn_state = headers.find_readable("x-codex-turn-state"))
    out.emplace_back(turn_state_seen{std::string{*turn_state}});
}

std::optional<std::string_view> request_id(const net::header_list& headers) {
  if (const auto id = headers.find_readable("x-request-id"))
    return id;
  return headers.find_readable("x-oai-request-id");
}

} // namespace troupe::model_client
