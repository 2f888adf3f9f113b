#include "apps/sim/suggestion.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <vector>

namespace troupe::sim {

namespace {

constexpr std::size_t max_compared_bytes = 64;
constexpr std::size_t max_listed = 10;

// Levenshtein's, row by row.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    auto diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const auto replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

} // namespace

std::string suggestion(std::string_view name, std::span<const std::string_view> known) {
  if (known.empty())
    return {};
  name = name.substr(0, max_compared_bytes);
  const auto nearest =
    *std::ranges::min_element(known, {}, [name](std::string_view x) { return distance(name, x); });
  // One slip in three letters still looks like the name that was meant.
  if (distance(name, nearest) <= std::max<std::size_t>(1, nearest.size() / 3))
    return fmt::format("; did you mean \"{}\"?", nearest);
  const auto listed = known.first(std::min(known.size(), max_listed));
  return fmt::format("; known are {}{}", fmt::join(listed, ", "),
                     listed.size() < known.size() ? ", ..." : "");
}

} // namespace troupe::sim
