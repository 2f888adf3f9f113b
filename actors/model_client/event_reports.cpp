#include "actors/model_client/event_reports.hpp"

#include "actors/model_client/json_scan.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace troupe::model_client {

namespace {

/// The members that feed the histograms, in their order.
constexpr std::array<std::string_view, server_timing_count> timing_members{
  "responses_duration_excl_engine_and_client_tool_time_ms",
  "engine_service_total_ms",
  "engine_iapi_ttft_total_ms",
  "engine_service_ttft_total_ms",
  "engine_iapi_tbt_across_engine_calls_ms",
  "engine_service_tbt_across_engine_calls_ms"};

constexpr std::string_view failed = "response.failed";

struct message_facts {
  bool is_json = false;
  std::string_view type;
  json_slice timings;
};

/// An unquoted view of the type: types with escapes are no types of ours.
message_facts facts_of(std::string_view text) {
  message_facts result;
  json_scan scan{text};
  while (const auto member = scan.next()) {
    if (member->name == "type" && member->value.kind == json_kind::string)
      result.type = member->value.text.substr(1, member->value.text.size() - 2);
    else if (member->name == "timing_metrics")
      result.timings = member->value;
  }
  result.is_json = scan.is_complete();
  return result;
}

std::optional<std::int64_t> milliseconds_of(const json_slice& x) {
  double value = 0;
  const auto end = x.text.data() + x.text.size();
  if (x.kind != json_kind::number || std::from_chars(x.text.data(), end, value).ec != std::errc{} ||
      value < 0 || value > 1e15)
    return std::nullopt;
  return static_cast<std::int64_t>(std::llround(value));
}

} // namespace

event_report report_of(const net::sse_event& x) {
  event_report result{.kind = x.name.empty() ? std::string_view{"message"} : x.name};
  if (x.data == "[DONE]")
    return result;
  if (!facts_of(x.data).is_json)
    result.error = "the event's data is not JSON";
  else if (x.name == failed)
    result.error = "the response failed";
  result.is_success = result.error.empty();
  return result;
}

event_report report_of_message(std::string_view message) {
  const auto facts = facts_of(message);
  if (!facts.is_json)
    return {.kind = "parse_error", .is_success = false, .error = "the message is not JSON"};
  if (facts.type == failed)
    return {.kind = facts.type, .is_success = false, .error = "the response failed"};
  return {.kind = facts.type.empty() ? std::string_view{"unknown"} : facts.type};
}

std::optional<server_timings> read_server_timings(std::string_view message) {
  const auto facts = facts_of(message);
  if (!facts.is_json || facts.type != "responsesapi.websocket_timing" ||
      facts.timings.kind != json_kind::object)
    return std::nullopt;
  server_timings result;
  json_scan scan{facts.timings.text};
  while (const auto member = scan.next()) {
    const auto known = std::ranges::find(timing_members, member->name);
    if (known != timing_members.end())
      result[static_cast<std::size_t>(known - timing_members.begin())] =
        milliseconds_of(member->value);
  }
  return result;
}

} // namespace troupe::model_client
