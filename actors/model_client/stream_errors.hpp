#pragma once

#include "messages/errors.hpp"
#include "net/net_errc.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

/// How a stream that had begun can fail (contract responses-client.md 6.4, 6.5, 8.1).
namespace troupe::model_client {

/// `stream disconnected before completion: ` and the text.
model_error stream_error(std::string_view text,
                         std::optional<std::chrono::milliseconds> delay = std::nullopt);

/// Limits of a response that are settings of its provider.
struct response_limits {
  std::chrono::milliseconds progress{0}; ///< `stream_progress_timeout_ms`
  std::chrono::milliseconds response{0}; ///< `response_timeout_ms`
};

/// The error that names the setting, when it was one of these limits that ended a response; none
/// otherwise. A response that took too long as a whole is not tried again: it would be as long.
std::optional<model_error> limit_error(net::net_errc how, const response_limits& x);

/// Ended by the caller, or because the client stops.
model_error cancelled_error();

/// The plan lacks this product; the same text for an HTTP answer and a failed response.
model_error usage_not_included();

/// What a `response.failed` event means; `error_json` is its `response.error`, empty when there is
/// none.
model_error failed_response(std::string_view error_json);

/// The wait that a rate-limit message asks for: `try again in`, a decimal number, and `ms`, `s` or
/// a word that begins with s. A guess by construction, as in the reference. Absurd numbers count as
/// a year.
std::optional<std::chrono::milliseconds> requested_delay(std::string_view message);

} // namespace troupe::model_client
