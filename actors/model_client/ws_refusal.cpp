#include "actors/model_client/ws_refusal.hpp"

#include "actors/model_client/json_scan.hpp"
#include "actors/model_client/stream_errors.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace troupe::model_client {

namespace {

constexpr int status_of_refusals = 429;

/// What no patience cures, as far as the code or the type of an error tells.
constexpr auto final_refusals = std::to_array<std::string_view>(
  {"insufficient_quota", "usage_limit_reached", "usage_not_included"});

/// The members that a refusal may have; kind null: absent.
struct refusal_fields {
  std::string type;
  json_slice response;
  json_slice error;
  json_slice status;
  json_slice headers;
};

/// None without a type that refusals have: what comes before it is little.
std::optional<refusal_fields> read_fields(std::string_view message) {
  refusal_fields result;
  json_scan scan{message};
  while (const auto member = scan.next()) {
    const auto& [name, value] = *member;
    if (name == "type") {
      result.type = json_text(value).value_or("");
      if (result.type != "response.failed" && result.type != "error")
        return std::nullopt;
    } else if (name == "response") {
      result.response = value;
    } else if (name == "error") {
      result.error = value;
    } else if (name == "status" || name == "status_code") {
      result.status = value;
    } else if (name == "headers") {
      result.headers = value;
    }
  }
  if (!scan.is_complete() || result.type.empty())
    return std::nullopt;
  return result;
}

struct refusal_error {
  std::string code;
  std::string type;
  std::string message;
};

refusal_error read_error(const json_slice& x) {
  refusal_error result;
  if (x.kind != json_kind::object)
    return result;
  json_scan scan{x.text};
  while (const auto member = scan.next()) {
    if (member->name == "code")
      result.code = json_text(member->value).value_or("");
    else if (member->name == "type")
      result.type = json_text(member->value).value_or("");
    else if (member->name == "message")
      result.message = json_text(member->value).value_or("");
  }
  return result;
}

net::header_list read_headers(const json_slice& x) {
  net::header_list result;
  if (x.kind != json_kind::object)
    return result;
  json_scan scan{x.text};
  while (const auto member = scan.next())
    if (const auto text = json_text(member->value))
      result.set(member->name, *text);
    else if (json_integer(member->value))
      result.set(member->name, member->value.text);
  return result;
}

json_slice error_of_response(const json_slice& response) {
  if (response.kind != json_kind::object)
    return {};
  json_scan scan{response.text};
  while (const auto member = scan.next())
    if (member->name == "error")
      return member->value;
  return {};
}

} // namespace

std::optional<rate_reading> read_ws_refusal(std::string_view message, std::int64_t unix_now) {
  const auto fields = read_fields(message);
  if (!fields)
    return std::nullopt;
  const bool has_failed = fields->type == "response.failed";
  const auto error = read_error(has_failed ? error_of_response(fields->response) : fields->error);
  const bool is_refusal = has_failed ? error.code == "rate_limit_exceeded"
                                     : json_integer(fields->status) == status_of_refusals;
  const auto is_final = [](std::string_view x) {
    return std::ranges::find(final_refusals, x) != final_refusals.end();
  };
  if (!is_refusal || is_final(error.code) || is_final(error.type))
    return std::nullopt;
  auto result = read_rate_headers(read_headers(fields->headers), unix_now);
  if (!result.retry_after)
    result.retry_after = requested_delay(error.message);
  return result;
}

} // namespace troupe::model_client
