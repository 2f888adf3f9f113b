#include "apps/sim/pace.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace troupe::sim {

namespace {

// Box and Muller's; the argument of the logarithm is in (0, 1].
double standard_normal(const decision& from) {
  const double radius = std::sqrt(-2 * std::log(1 - from.of("radius").unit()));
  return radius * std::cos(2 * std::numbers::pi * from.of("angle").unit());
}

double milliseconds_of(const distribution& x, const decision& from) {
  switch (x.what) {
  case distribution::kind::constant: return x.first;
  case distribution::kind::uniform: return x.first + (x.second - x.first) * from.unit();
  case distribution::kind::lognormal:
    return std::min(x.most, x.first * std::exp(x.second * standard_normal(from)));
  }
  return 0; // unreachable; keeps GCC content
}

} // namespace

std::chrono::microseconds drawn(const distribution& x, const decision& from) {
  constexpr auto most = std::chrono::duration<double, std::milli>(max_wait).count();
  const auto wait = std::clamp(milliseconds_of(x, from), 0.0, most);
  return std::chrono::microseconds{std::llround(wait * 1000)};
}

} // namespace troupe::sim
