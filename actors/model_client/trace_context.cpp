#include "actors/model_client/trace_context.hpp"

#include <string_view>

namespace troupe::model_client {

std::string hexadecimal(std::span<const std::uint8_t> bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string result;
  result.reserve(bytes.size() * 2);
  for (const auto byte : bytes) {
    result += digits[byte >> 4];
    result += digits[byte & 15];
  }
  return result;
}

std::string traceparent_text(const trace_context& x) {
  return "00-" + hexadecimal(x.trace) + '-' + hexadecimal(x.span) + "-01";
}

void add_trace_header(net::header_list& headers, const std::optional<trace_context>& x) {
  if (x)
    headers.set("traceparent", traceparent_text(*x));
}

} // namespace troupe::model_client
