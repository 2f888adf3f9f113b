#include "actors/model_client/stream_errors.hpp"

#include "actors/model_client/json_scan.hpp"
#include "net/wire/headers.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

namespace troupe::model_client {

namespace {

/// `response.error` as far as it is read; none of the other fields may have a wrong type.
struct provider_error {
  std::string code;
  std::optional<std::string> message;
};

std::optional<provider_error> parse_error(std::string_view json) {
  provider_error result;
  json_scan scan{json};
  while (const auto member = scan.next()) {
    const auto& [name, value] = *member;
    if (!is_given(value))
      continue;
    if (name == "resets_at") {
      if (!json_integer(value))
        return std::nullopt;
      continue;
    }
    if (name != "code" && name != "message" && name != "type" && name != "plan_type")
      continue;
    auto text = json_text(value);
    if (!text)
      return std::nullopt;
    if (name == "code")
      result.code = std::move(*text);
    else if (name == "message")
      result.message = std::move(*text);
  }
  if (!scan.is_complete() || !json.starts_with('{'))
    return std::nullopt;
  return result;
}

/// Where `needle`, which is lower case, begins in `text`, whose case does not matter.
std::size_t find_ignoring_case(std::string_view text, std::string_view needle) {
  for (std::size_t i = 0; i + needle.size() <= text.size(); ++i)
    if (net::equals_ignoring_case(text.substr(i, needle.size()), needle))
      return i;
  return std::string_view::npos;
}

std::string_view without_leading_space(std::string_view text) {
  const auto start = text.find_first_not_of(" \t\n\r\f\v");
  return start == std::string_view::npos ? std::string_view{} : text.substr(start);
}

/// The digits, and a point with digits behind it, that `text` begins with.
std::string_view leading_number(std::string_view text) {
  const auto digits_from = [text](std::size_t at) {
    const auto stop = text.find_first_not_of("0123456789", at);
    return stop == std::string_view::npos ? text.size() : stop;
  };
  const auto whole = digits_from(0);
  if (whole == 0 || whole == text.size() || text[whole] != '.')
    return text.substr(0, whole);
  const auto fraction = digits_from(whole + 1);
  return text.substr(0, fraction == whole + 1 ? whole : fraction);
}

/// The duration that `text` begins with.
std::optional<std::chrono::milliseconds> leading_delay(std::string_view text) {
  const auto digits = leading_number(text);
  if (digits.empty())
    return std::nullopt;
  const auto unit = without_leading_space(text.substr(digits.size()));
  const bool in_seconds = !unit.empty() && (unit.front() == 's' || unit.front() == 'S');
  if (!in_seconds && find_ignoring_case(unit.substr(0, 2), "ms") != 0)
    return std::nullopt;
  constexpr std::chrono::milliseconds longest = std::chrono::years{1};
  double number = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  // Rounded to microseconds first: 1.898 s is no round number in binary.
  const double milliseconds = std::floor(std::round(number * (in_seconds ? 1e6 : 1e3)) / 1e3);
  if (read.ec != std::errc{} || milliseconds >= static_cast<double>(longest.count()))
    return longest;
  return std::chrono::milliseconds{static_cast<std::int64_t>(milliseconds)};
}

} // namespace

model_error stream_error(std::string_view text, std::optional<std::chrono::milliseconds> delay) {
  return {.code = model_errc::stream,
          .message = "stream disconnected before completion: " + std::string{text},
          .retry_after = delay,
          .http_status = std::nullopt};
}

std::optional<model_error> limit_error(net::net_errc how, const response_limits& x) {
  if (how == net::net_errc::no_progress)
    return stream_error(
      fmt::format("only signs of life, and nothing of the response itself, within "
                  "`stream_progress_timeout_ms` ({} ms)",
                  x.progress.count()));
  if (how != net::net_errc::timed_out_total)
    return std::nullopt;
  return model_error{.code = model_errc::fatal,
                     .message = fmt::format("the response was not complete within "
                                            "`response_timeout_ms` ({} ms)",
                                            x.response.count()),
                     .retry_after = std::nullopt,
                     .http_status = std::nullopt};
}

model_error cancelled_error() {
  return {.code = model_errc::cancelled,
          .message = "the model call was cancelled",
          .retry_after = std::nullopt,
          .http_status = std::nullopt};
}

model_error usage_not_included() {
  return {.code = model_errc::usage_not_included,
          .message = "Your plan does not include Codex. Upgrade to Plus: "
                     "https://chatgpt.com/explore/plus.",
          .retry_after = std::nullopt,
          .http_status = std::nullopt};
}

model_error failed_response(std::string_view error_json) {
  const auto error = parse_error(error_json);
  if (!error)
    return stream_error("response.failed event received");
  const auto& code = error->code;
  const auto with = [](model_errc kind, std::string text) {
    return model_error{.code = kind,
                       .message = std::move(text),
                       .retry_after = std::nullopt,
                       .http_status = std::nullopt};
  };
  if (code == "context_length_exceeded")
    return with(model_errc::context_window_exceeded,
                "Codex ran out of room in the model's context window. Start a new thread or clear "
                "earlier history before retrying.");
  if (code == "insufficient_quota")
    return with(model_errc::quota_exceeded, "Quota exceeded. Check your plan and billing details.");
  if (code == "usage_not_included")
    return usage_not_included();
  if (code == "invalid_prompt")
    return with(model_errc::invalid_request, error->message.value_or("Invalid request."));
  const auto message = error->message.value_or("");
  if (code == "rate_limit_exceeded")
    return stream_error(message, requested_delay(message));
  return stream_error(message);
}

std::optional<std::chrono::milliseconds> requested_delay(std::string_view message) {
  constexpr std::string_view phrase = "try again in";
  // The first place where all of it fits, as a search for the whole pattern would find it.
  for (auto rest = message;;) {
    const auto at = find_ignoring_case(rest, phrase);
    if (at == std::string_view::npos)
      return std::nullopt;
    rest.remove_prefix(at + phrase.size());
    if (const auto delay = leading_delay(without_leading_space(rest)))
      return delay;
  }
}

} // namespace troupe::model_client
