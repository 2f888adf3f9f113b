#include "actors/model_client/unary_answers.hpp"

#include "actors/model_client/bounded_json.hpp"
#include "actors/model_client/stream_errors.hpp"
#include "messages/json/item_json.hpp"

#include <boost/json/value.hpp>

#include <fmt/format.h>

#include <optional>
#include <string>

namespace troupe::model_client {

namespace {

/// The array `output` of the answer; null when the answer has another shape.
const boost::json::array* output_of(const boost::json::value& x) {
  const auto* object = x.if_object();
  const auto* output = object != nullptr ? object->if_contains("output") : nullptr;
  return output != nullptr ? output->if_array() : nullptr;
}

model_error unreadable(std::string_view what) {
  return stream_error(fmt::format("the provider's answer is not {}", what));
}

std::optional<std::string> text_member(const boost::json::object& x, std::string_view name) {
  const auto* value = x.if_contains(name);
  if (value == nullptr || !value->is_string())
    return std::nullopt;
  return std::string{value->get_string()};
}

} // namespace

compacted_history read_compacted_history(std::string_view body) {
  compacted_history result;
  const auto value = parse_bounded(body);
  const auto* output = value ? output_of(*value) : nullptr;
  bool is_readable = output != nullptr;
  if (is_readable)
    for (const auto& entry : *output) {
      auto item = parse_response_item(entry);
      is_readable = is_readable && item.has_value();
      if (item)
        result.output.push_back(std::move(*item));
    }
  if (is_readable)
    return result;
  return {.output = {}, .error = unreadable("a compacted history")};
}

trace_summaries read_trace_summaries(std::string_view body, std::size_t traces) {
  trace_summaries result;
  const auto value = parse_bounded(body);
  const auto* output = value ? output_of(*value) : nullptr;
  if (output == nullptr)
    return {.summaries = {}, .error = unreadable("a list of summaries")};
  for (const auto& entry : *output) {
    const auto* object = entry.if_object();
    auto summary = object != nullptr ? text_member(*object, "trace_summary") : std::nullopt;
    auto memory = object != nullptr ? text_member(*object, "memory_summary") : std::nullopt;
    if (!summary || !memory)
      return {.summaries = {}, .error = unreadable("a list of summaries")};
    result.summaries.push_back({.summary = std::move(*summary), .memory = std::move(*memory)});
  }
  if (result.summaries.size() == traces)
    return result;
  return {.summaries = {},
          .error = model_error{.code = model_errc::invalid_request,
                               .message =
                                 fmt::format("the provider summarised {} traces where {} were sent",
                                             result.summaries.size(), traces),
                               .retry_after = std::nullopt,
                               .http_status = std::nullopt}};
}

} // namespace troupe::model_client
