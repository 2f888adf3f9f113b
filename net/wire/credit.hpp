#pragma once

#include <atomic>
#include <cstdint>

namespace troupe::net {

/// Credit that never runs out. Small enough that two of them can be added.
inline constexpr std::uint64_t unlimited_credit = std::uint64_t{1} << 60;

/// The window of a stream: a reader takes one unit before each read, a consumer grants units.
/// One thread takes, any thread grants; neither locks.
///
/// A reader whose `take` fails is parked and owns the next unit: the `grant` that brings it returns
/// `reader_state::parked`, and its caller must see to it that the reader goes on, without another
/// `take`. No other grant does.
class credit {
public:
  enum class reader_state : bool { running, parked };

  explicit credit(std::uint64_t initial = 0);

  /// Takes one unit; false: none is left and the reader is parked. Not to be called while parked.
  bool take();

  /// Adds `units`; more than `unlimited_credit` in all counts as that. Granting 0 does nothing.
  [[nodiscard]] reader_state grant(std::uint64_t units);

  /// Units a reader could take now.
  std::uint64_t available() const;

private:
  std::atomic<std::int64_t> units_; // -1: parked
};

} // namespace troupe::net
