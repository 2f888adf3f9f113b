#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace troupe::sim {

/// A stable 64-bit hash: the same on every machine and in every version, because recorded seeds
/// depend on it (FNV-1a, then the finaliser of splitmix64).
std::uint64_t stable_hash(std::string_view text);

/// Where a random choice comes from: a number derived from the seed and from the names of what is
/// being decided. Nothing else goes in, neither time nor order of arrival, so a run repeats however
/// its requests interleave.
///
///   decision{seed}.of(thread).of(request_number).of(rule).of("fault").happens(0.1)
///
/// A value; deriving leaves the original as it is. Equal paths give equal draws.
class decision {
public:
  explicit decision(std::uint64_t seed);

  decision of(std::string_view name) const { return of(stable_hash(name)); }
  decision of(std::uint64_t number) const;

  std::uint64_t bits() const { return state_; }

  /// In [0, 1), 53 bits.
  double unit() const;

  /// In [0, count); 0 when `count` is 0.
  std::size_t pick(std::size_t count) const;

  /// True in `chance` of all cases: never at 0 or below, always at 1 or above.
  bool happens(double chance) const { return unit() < chance; }

private:
  std::uint64_t state_;
};

} // namespace troupe::sim
