#include "apps/sim/chaos.hpp"

#include <numeric>

namespace troupe::sim {

namespace {

using group = chaos_rule::group;

group drawn_group(const chaos_rule& x, const decision& from) {
  const auto total = std::accumulate(x.weights.begin(), x.weights.end(), 0.0);
  auto rest = from.unit() * total;
  auto result = group::cut;
  for (std::size_t i = 0; i < x.weights.size(); ++i) {
    if (x.weights[i] <= 0)
      continue;
    result = static_cast<group>(i);
    if (rest < x.weights[i])
      break;
    rest -= x.weights[i];
  }
  return result;
}

// A stall may be anywhere: before the head, behind it, between events.
fault_effect drawn_stall(const chaos_rule& x, const decision& from) {
  fault_effect result;
  result.kind = fault_kind::stall;
  result.place =
    static_cast<stall_place>(from.of("place").pick(enum_texts<stall_place>::values.size()));
  result.lasts = x.lasts;
  return result;
}

fault_effect of_kind(fault_kind kind) {
  fault_effect result;
  result.kind = kind;
  return result;
}

} // namespace

std::optional<chosen_fault> drawn(const chaos_rule& x, const decision& from,
                                  std::uint64_t attempt) {
  if (x.max_attempts > 0 && attempt > x.max_attempts)
    return std::nullopt;
  if (!from.of("share").happens(x.share))
    return std::nullopt;
  switch (drawn_group(x, from.of("group"))) {
  case group::cut: return chosen_fault{"chaos-cut", of_kind(fault_kind::cut)};
  case group::stall: return chosen_fault{"chaos-stall", drawn_stall(x, from)};
  case group::corrupt: return chosen_fault{"chaos-corrupt", of_kind(fault_kind::corrupt)};
  case group::refuse:
    return chosen_fault{"chaos-refuse", x.refusals[from.of("refusal").pick(x.refusals.size())]};
  }
  return std::nullopt; // unreachable; keeps GCC content
}

} // namespace troupe::sim
