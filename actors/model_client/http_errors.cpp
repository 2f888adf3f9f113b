#include "actors/model_client/http_errors.hpp"

#include "actors/model_client/http_status.hpp"
#include "actors/model_client/json_scan.hpp"
#include "actors/model_client/response_headers.hpp"
#include "actors/model_client/retry_after.hpp"
#include "actors/model_client/stream_errors.hpp"
#include "actors/model_client/usage_limit.hpp"
#include "config/text_file.hpp"
#include "net/wire/url.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>

namespace troupe::model_client {

namespace {

constexpr std::size_t max_shown_body_bytes = 1000; // contract responses-client.md 14

model_error error_of(model_errc code, std::string message) {
  return {.code = code,
          .message = std::move(message),
          .retry_after = std::nullopt,
          .http_status = std::nullopt};
}

/// Only two kinds of error tell the client their status (contract responses-client.md 8.2).
model_error with_status(model_errc code, std::string message, int status) {
  auto result = error_of(code, std::move(message));
  result.http_status = static_cast<std::uint16_t>(status);
  return result;
}

/// The member `name` of a JSON object; kind null when there is none.
json_slice member_of(std::string_view json, std::string_view name) {
  json_slice result;
  json_scan scan{json};
  while (const auto member = scan.next())
    if (member->name == name)
      result = member->value;
  return scan.is_complete() ? result : json_slice{};
}

std::string shown_body(std::string_view body) {
  const auto message = json_text(member_of(member_of(body, "error").text, "message"));
  if (message && !config::trimmed(*message).empty())
    return std::string{config::trimmed(*message)};
  const auto text = config::trimmed(body);
  if (text.empty())
    return "Unknown error";
  if (text.size() <= max_shown_body_bytes)
    return std::string{text};
  auto cut = max_shown_body_bytes;
  while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xC0) == 0x80)
    --cut;
  return std::string{text.substr(0, cut)} + "...";
}

std::string opening_text(const http_failure& x) {
  const auto contains = [&x](std::string_view word) {
    return x.body.find(word) != std::string_view::npos;
  };
  if (x.status == 403 && contains("Cloudflare") && contains("blocked"))
    return fmt::format("Cloudflare blocked the access to the provider, which often happens in "
                       "restricted regions (status {})",
                       status_text(x.status));
  return fmt::format("unexpected status {}: {}", status_text(x.status), shown_body(x.body));
}

model_error unexpected_status(const http_failure& x) {
  auto text = opening_text(x) + fmt::format(", url: {}", net::shown_url(x.url));
  if (const auto ray = x.headers.find_readable("cf-ray"))
    text += fmt::format(", cf-ray: {}", *ray);
  if (const auto id = request_id(x.headers))
    text += fmt::format(", request id: {}", *id);
  return with_status(model_errc::unexpected_status, std::move(text), x.status);
}

model_error retry_limit(const http_failure& x, const wall_clock& clock) {
  auto text = fmt::format("exceeded retry limit, last status: {}", status_text(x.status));
  auto id = request_id(x.headers);
  if (!id)
    id = x.headers.find_readable("cf-ray");
  if (id)
    text += fmt::format(", request id: {}", *id);
  auto result = with_status(model_errc::retry_limit, std::move(text), x.status);
  result.retry_after = read_retry_after(x.headers, clock.now());
  if (result.retry_after)
    result.code = model_errc::rate_limited;
  return result;
}

std::string waiting_text(std::uint64_t seconds) {
  if (seconds < 60)
    return "less than a minute";
  if (seconds < 3600)
    return fmt::format("{}m", seconds / 60);
  if (seconds < 86'400)
    return fmt::format("{}h", seconds / 3600);
  return fmt::format("{}d", seconds / 86'400);
}

/// Longer caps are told as this one: ten years.
constexpr std::uint64_t longest_cap_seconds = 315'360'000;

model_error model_cap(const http_failure& x, std::string_view model) {
  const auto text = x.headers.find_readable("x-codex-model-cap-reset-after-seconds").value_or("");
  std::uint64_t seconds = 0;
  const auto end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, seconds);
  const bool known = !text.empty() && error == std::errc{} && stop == end;
  auto result =
    error_of(model_errc::model_cap,
             fmt::format("Model {} is at capacity. Please try a different model. Try again {}.",
                         model, known ? "in " + waiting_text(seconds) : "later"));
  result.capped_model = model;
  if (known)
    result.retry_after = std::chrono::seconds{std::min(seconds, longest_cap_seconds)};
  return result;
}

/// `error` of a 429 answer; none when the body has another shape.
struct limit_error {
  std::string type;
  std::optional<std::string> plan_type;
  std::optional<std::int64_t> resets_at;
};

std::optional<limit_error> parse_limit_error(std::string_view body) {
  const auto error = member_of(body, "error");
  if (error.kind != json_kind::object)
    return std::nullopt;
  limit_error result;
  json_scan scan{error.text};
  while (const auto member = scan.next()) {
    const auto& [name, value] = *member;
    if (!is_given(value))
      continue;
    if (name == "type" || name == "plan_type") {
      auto text = json_text(value);
      if (!text)
        return std::nullopt;
      if (name == "type")
        result.type = std::move(*text);
      else
        result.plan_type = std::move(text);
    } else if (name == "resets_at") {
      result.resets_at = json_integer(value);
      if (!result.resets_at)
        return std::nullopt;
    }
  }
  return result;
}

failed_call too_many_requests(const http_failure& x, const wall_clock& clock) {
  if (const auto model = x.headers.find_readable("x-codex-model-cap-model"))
    return {model_cap(x, *model), {}};
  const auto error = parse_limit_error(x.body);
  if (error && error->type == "usage_limit_reached") {
    const usage_limit limit{
      .plan = error->plan_type, .resets_at = error->resets_at, .promo = promo_message(x.headers)};
    return {error_of(model_errc::usage_limit_reached, usage_limit_text(limit, clock)),
            read_rate_limits(x.headers)};
  }
  if (error && error->type == "usage_not_included")
    return {usage_not_included(), {}};
  return {retry_limit(x, clock), {}};
}

failed_call mapped(const http_failure& x, const wall_clock& clock) {
  constexpr std::string_view bad_image =
    "The image data you provided does not represent a valid image";
  if (x.status == 400 && x.body.find(bad_image) != std::string_view::npos)
    return {error_of(model_errc::invalid_image_request,
                     "The provider does not accept an image of this conversation; remove it and "
                     "try again."),
            {}};
  if (x.status == 400)
    return {error_of(model_errc::invalid_request, std::string{x.body}), {}};
  if (x.status == 500)
    return {error_of(model_errc::internal_server_error,
                     "We're currently experiencing high demand, which may cause temporary errors."),
            {}};
  if (x.status == 429)
    return too_many_requests(x, clock);
  return {unexpected_status(x), {}};
}

} // namespace

failed_call map_status(const http_failure& x, const wall_clock& clock,
                       const secret_values& secrets) {
  const auto body = secrets.masked(std::string{x.body});
  auto result =
    mapped({.status = x.status, .url = x.url, .headers = x.headers, .body = body}, clock);
  result.error.message = net::without_query_values(std::move(result.error.message), x.url);
  return result;
}

bool passes_by_itself(const http_failure& x, const wall_clock& clock) {
  constexpr std::string_view quota = "insufficient_quota";
  const auto error = member_of(x.body, "error");
  for (const auto* name : {"code", "type"})
    if (error.kind == json_kind::object && json_text(member_of(error.text, name)) == quota)
      return false;
  const auto code = map_status(x, clock).error.code;
  return code == model_errc::retry_limit || code == model_errc::rate_limited;
}

model_error map_transport(net::net_errc error, std::string_view url, std::string_view detail) {
  using net::net_errc;
  const auto cause = detail.empty() ? to_text(error) : detail;
  switch (error) {
  case net_errc::dns_failed:
  case net_errc::connect_failed:
  case net_errc::timed_out_connect:
  case net_errc::tls_failed: {
    auto result = stream_error(
      fmt::format("error sending request for url ({}): {}", net::shown_url(url), cause));
    result.code = model_errc::connection_failed;
    return result;
  }
  case net_errc::timed_out_headers:
  case net_errc::timed_out_total:
    return error_of(model_errc::timeout, fmt::format("request timed out: {}", to_text(error)));
  default: return stream_error(fmt::format("error sending request: {}", cause));
  }
}

} // namespace troupe::model_client
