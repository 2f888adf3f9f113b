#include "config/suggestion.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

namespace troupe::config {

namespace {

constexpr std::size_t max_compared_bytes = 64;
constexpr std::size_t max_listed = 10;

// How many letters must be inserted, left out, replaced or exchanged with their neighbour.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before;
  std::vector<std::size_t> last(b.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::vector<std::size_t> row{i + 1};
    for (std::size_t j = 0; j < b.size(); ++j) {
      const auto replaced = last[j] + (a[i] == b[j] ? 0 : 1);
      row.push_back(std::min({replaced, last[j + 1] + 1, row[j] + 1}));
      if (i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j])
        row.back() = std::min(row.back(), before[j - 1] + 1);
    }
    before = std::exchange(last, std::move(row));
  }
  return last.back();
}

} // namespace

std::optional<std::string_view> nearest_name(std::string_view name,
                                             std::span<const std::string_view> known) {
  if (known.empty())
    return std::nullopt;
  name = name.substr(0, max_compared_bytes);
  const auto nearest =
    *std::ranges::min_element(known, {}, [name](std::string_view x) { return distance(name, x); });
  // One slip in three letters still looks like the name that was meant.
  if (distance(name, nearest) <= std::max<std::size_t>(1, nearest.size() / 3))
    return nearest;
  return std::nullopt;
}

std::string suggestion(std::string_view name, std::span<const std::string_view> known) {
  if (known.empty())
    return {};
  if (const auto nearest = nearest_name(name, known))
    return fmt::format("; did you mean \"{}\"?", *nearest);
  const auto listed = known.first(std::min(known.size(), max_listed));
  return fmt::format("; known are {}{}", fmt::join(listed, ", "),
                     listed.size() < known.size() ? ", ..." : "");
}

} // namespace troupe::config
