#include "actors/model_client/usage_reader.hpp"

namespace troupe::model_client {

namespace {

/// The integer `name` of an object; 0 when the object itself is null.
std::optional<std::int64_t> detail(const json_slice& details, std::string_view name) {
  if (!is_given(details))
    return 0;
  if (details.kind != json_kind::object)
    return std::nullopt;
  std::optional<std::int64_t> result;
  json_scan scan{details.text};
  while (const auto member = scan.next())
    if (member->name == name)
      result = json_integer(member->value);
  return result;
}

} // namespace

std::optional<token_usage> parse_usage(const json_slice& x) {
  if (x.kind != json_kind::object)
    return std::nullopt;
  std::optional<std::int64_t> input;
  std::optional<std::int64_t> output;
  std::optional<std::int64_t> total;
  std::optional<std::int64_t> cached = 0;
  std::optional<std::int64_t> reasoning = 0;
  json_scan scan{x.text};
  while (const auto member = scan.next()) {
    const auto& [name, value] = *member;
    if (name == "input_tokens")
      input = json_integer(value);
    else if (name == "output_tokens")
      output = json_integer(value);
    else if (name == "total_tokens")
      total = json_integer(value);
    else if (name == "input_tokens_details")
      cached = detail(value, "cached_tokens");
    else if (name == "output_tokens_details")
      reasoning = detail(value, "reasoning_tokens");
  }
  if (!input || !output || !total || !cached || !reasoning)
    return std::nullopt;
  return token_usage{.input_tokens = *input,
                     .cached_input_tokens = *cached,
                     .output_tokens = *output,
                     .reasoning_output_tokens = *reasoning,
                     .total_tokens = *total};
}

} // namespace troupe::model_client
