#pragma once

#include "messages/wire_enum.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace troupe {

/// What can go wrong between actors. The text that goes with a code in a `caf::error` names the
/// cause.
enum class errc : std::uint8_t {
  no_error, ///< 0 is "no error" in CAF
  no_such_thread,
  no_such_model,
  no_such_provider,
  no_such_rollout,
  queue_full,        ///< a bound was reached; try again later
  shutting_down,     ///< the node stops
  service_restarted, ///< a service of the node failed and comes back; try again
  invalid_request,
  invalid_config,
  rollout_unreadable,
  rollout_unwritable,
  sandbox_unavailable,
  incompatible_node, ///< another wire version
  internal,
  node_unreachable, ///< there is no link to that node at the moment
  models_busy       ///< the list of models is being brought up to date; try again
};
template <>
struct enum_texts<errc> {
  static constexpr std::array<std::string_view, 17> values{"no_error",
                                                           "no_such_thread",
                                                           "no_such_model",
                                                           "no_such_provider",
                                                           "no_such_rollout",
                                                           "queue_full",
                                                           "shutting_down",
                                                           "service_restarted",
                                                           "invalid_request",
                                                           "invalid_config",
                                                           "rollout_unreadable",
                                                           "rollout_unwritable",
                                                           "sandbox_unavailable",
                                                           "incompatible_node",
                                                           "internal",
                                                           "node_unreachable",
                                                           "models_busy"};
};

constexpr bool may_retry(errc x) {
  switch (x) {
  case errc::queue_full:
  case errc::service_restarted:
  case errc::node_unreachable:
  case errc::models_busy: return true;
  case errc::no_error:
  case errc::no_such_thread:
  case errc::no_such_model:
  case errc::no_such_provider:
  case errc::no_such_rollout:
  case errc::shutting_down:
  case errc::invalid_request:
  case errc::invalid_config:
  case errc::rollout_unreadable:
  case errc::rollout_unwritable:
  case errc::sandbox_unavailable:
  case errc::incompatible_node:
  case errc::internal: return false;
  }
  return false;
}

/// Why a model call failed (contract responses-client.md 8.2).
enum class model_errc : std::uint8_t {
  stream, ///< disconnected before completion
  timeout,
  context_window_exceeded,
  quota_exceeded,
  usage_not_included,
  usage_limit_reached,
  model_cap,
  invalid_request,
  invalid_image_request,
  internal_server_error,
  retry_limit,
  unexpected_status,
  connection_failed,
  missing_env_var,
  unauthorized,
  overloaded, ///< too many streams are open here; nothing was sent
  cancelled,
  fatal,
  rate_limited ///< 429 with Retry-After: the one 429 that is tried again, after `retry_after`
};
template <>
struct enum_texts<model_errc> {
  static constexpr std::array<std::string_view, 19> values{"stream",
                                                           "timeout",
                                                           "context_window_exceeded",
                                                           "quota_exceeded",
                                                           "usage_not_included",
                                                           "usage_limit_reached",
                                                           "model_cap",
                                                           "invalid_request",
                                                           "invalid_image_request",
                                                           "internal_server_error",
                                                           "retry_limit",
                                                           "unexpected_status",
                                                           "connection_failed",
                                                           "missing_env_var",
                                                           "unauthorized",
                                                           "overloaded",
                                                           "cancelled",
                                                           "fatal",
                                                           "rate_limited"};
};

/// Whether the turn loop tries again (contract threads.md 11.3).
constexpr bool may_retry(model_errc x) {
  switch (x) {
  case model_errc::stream:
  case model_errc::timeout:
  case model_errc::internal_server_error:
  case model_errc::unexpected_status:
  case model_errc::connection_failed:
  case model_errc::overloaded:
  case model_errc::rate_limited: return true;
  case model_errc::context_window_exceeded:
  case model_errc::quota_exceeded:
  case model_errc::usage_not_included:
  case model_errc::usage_limit_reached:
  case model_errc::model_cap:
  case model_errc::invalid_request:
  case model_errc::invalid_image_request:
  case model_errc::retry_limit:
  case model_errc::missing_env_var:
  case model_errc::unauthorized:
  case model_errc::cancelled:
  case model_errc::fatal: return false;
  }
  return false;
}

/// A failed model call, ready to be shown: `message` is the whole sentence for the user.
struct model_error {
  model_errc code = model_errc::fatal;
  std::string message;
  std::optional<std::chrono::milliseconds> retry_after; ///< asked for by the provider
  std::optional<std::uint16_t> http_status;
  std::string capped_model; ///< of `model_cap`: the model that is at capacity
  bool operator==(const model_error&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, model_error& x) {
  return f.object(x).fields(
    f.field("code", x.code), f.field("message", x.message), f.field("retry_after", x.retry_after),
    f.field("http_status", x.http_status), f.field("capped_model", x.capped_model));
}

} // namespace troupe
