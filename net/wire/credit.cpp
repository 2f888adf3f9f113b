#include "net/wire/credit.hpp"

#include <algorithm>

namespace troupe::net {

namespace {

constexpr auto top = static_cast<std::int64_t>(unlimited_credit);

std::int64_t clamped(std::uint64_t units) {
  return static_cast<std::int64_t>(std::min(units, unlimited_credit));
}

} // namespace

credit::credit(std::uint64_t initial) : units_(clamped(initial)) {}

bool credit::take() {
  return units_.fetch_sub(1, std::memory_order_acq_rel) > 0;
}

credit::reader_state credit::grant(std::uint64_t units) {
  if (units == 0)
    return reader_state::running;
  auto before = units_.load(std::memory_order_relaxed);
  while (!units_.compare_exchange_weak(before, std::min(before + clamped(units), top),
                                       std::memory_order_acq_rel, std::memory_order_relaxed)) {
  }
  return before < 0 ? reader_state::parked : reader_state::running;
}

std::uint64_t credit::available() const {
  return static_cast<std::uint64_t>(
    std::max<std::int64_t>(units_.load(std::memory_order_acquire), 0));
}

} // namespace troupe::net
