#pragma once

#include "actors/telemetry/span.hpp"

#include <chrono>
#include <optional>
#include <string_view>
#include <vector>

namespace troupe::telemetry {

/// A log record of OpenTelemetry: something that happened at one moment.
struct log_record {
  using time_point = std::chrono::system_clock::time_point;

  std::string_view name; ///< a literal
  time_point at{};
  /// Of the span it belongs to; none: it belongs to none.
  std::optional<trace_id> trace = {};
  std::optional<span_id> span = {};
  std::vector<attribute> attributes = {};
  bool operator==(const log_record&) const = default;
};

} // namespace troupe::telemetry
