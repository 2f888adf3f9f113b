#include "apps/sim/decision.hpp"

namespace troupe::sim {

namespace {

constexpr std::uint64_t golden = 0x9e3779b97f4a7c15;

constexpr std::uint64_t finalise(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

} // namespace

std::uint64_t stable_hash(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text)
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return finalise(hash);
}

decision::decision(std::uint64_t seed) : state_(finalise(seed + golden)) {}

decision decision::of(std::uint64_t number) const {
  auto result = *this;
  // Two rounds, so that of(a).of(b) differs from of(b).of(a) and from of(a ^ b).
  result.state_ = finalise(finalise(state_ + golden) ^ (number + golden));
  return result;
}

double decision::unit() const {
  return static_cast<double>(state_ >> 11) * 0x1.0p-53;
}

std::size_t decision::pick(std::size_t count) const {
  if (count == 0)
    return 0;
  // Lists have far below 2^32 entries, so the bias of the remainder is below 2^-32.
  return static_cast<std::size_t>(state_ % count);
}

} // namespace troupe::sim
