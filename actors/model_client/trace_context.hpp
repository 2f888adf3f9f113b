#pragma once

#include "net/wire/headers.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

/// Which span a request stands for, so that the provider's own spans can hang below it (W3C Trace
/// Context; contract responses-client.md 3.1).
namespace troupe::model_client {

struct trace_context {
  std::array<std::uint8_t, 16> trace{};
  std::array<std::uint8_t, 8> span{};
  std::optional<std::array<std::uint8_t, 8>> parent = {}; ///< none: the trace begins with the span
  bool operator==(const trace_context&) const = default;
};

/// Lower case, two digits per byte.
std::string hexadecimal(std::span<const std::uint8_t> bytes);

/// `00-<trace>-<span>-01`: version 0, sampled.
std::string traceparent_text(const trace_context& x);

/// Sets `traceparent`; none: the headers stay as they are. There is no `tracestate`: it is a list
/// of what others have added, and our traces begin here.
void add_trace_header(net::header_list& headers, const std::optional<trace_context>& x);

} // namespace troupe::model_client
