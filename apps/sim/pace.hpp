#pragma once

#include "apps/sim/decision.hpp"

#include <chrono>
#include <cstdint>

namespace troupe::sim {

/// How a duration is spread. A scenario gives milliseconds.
struct distribution {
  enum class kind : std::uint8_t { constant, uniform, lognormal };
  kind what = kind::constant;
  double first = 0;  ///< constant: the value; uniform: the least; lognormal: the median (ms)
  double second = 0; ///< uniform: the most (ms); lognormal: sigma of the logarithm
  double most = 0;   ///< lognormal: draws above are cut to this (ms)

  bool is_zero() const { return what == kind::constant && first == 0; }
  bool operator==(const distribution&) const = default;
};

/// Longest wait a scenario may ask for.
inline constexpr std::chrono::hours max_wait{1};

/// A draw; never negative, never above `max_wait`.
std::chrono::microseconds drawn(const distribution& x, const decision& from);

/// When the parts of an answer arrive.
struct pace {
  distribution first_token;           ///< from the request to the first output event
  distribution token;                 ///< per token behind it
  std::uint32_t tokens_per_event = 4; ///< how much text one delta event carries

  bool is_instant() const { return first_token.is_zero() && token.is_zero(); }
  bool operator==(const pace&) const = default;
};

/// A token is this many bytes of text (contract responses-client, section 14).
inline constexpr std::size_t bytes_per_token = 4;

inline constexpr std::int64_t tokens_of(std::size_t bytes) {
  return static_cast<std::int64_t>((bytes + bytes_per_token - 1) / bytes_per_token);
}

} // namespace troupe::sim
