#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// A span of OpenTelemetry: something that took time, and what it was part of.
namespace troupe::telemetry {

using trace_id = std::array<std::uint8_t, 16>;
using span_id = std::array<std::uint8_t, 8>;

/// Values as the protocol numbers them.
enum class span_kind : std::uint8_t { internal = 1, client = 3 };
enum class span_status : std::uint8_t { unset = 0, ok = 1, error = 2 };

struct attribute {
  std::string_view key; ///< a literal
  std::variant<std::string, std::int64_t, bool> value;
  bool operator==(const attribute&) const = default;
};

struct span {
  using time_point = std::chrono::system_clock::time_point;

  trace_id trace{};
  span_id id{};
  std::optional<span_id> parent; ///< of the same trace; none: the trace begins with it
  std::string_view name;         ///< a literal
  span_kind kind = span_kind::internal;
  span_status status = span_status::unset;
  time_point begin{};
  time_point end{};
  std::vector<attribute> attributes;
  bool operator==(const span&) const = default;
};

} // namespace troupe::telemetry
