#include "actors/tool_runner/output_truncation.hpp"

#include "actors/tool_runner/utf8_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace troupe::tool_runner {

namespace {

std::size_t byte_budget(const truncation_policy& policy) {
  constexpr auto largest = std::numeric_limits<std::int64_t>::max() / 4;
  const auto limit = static_cast<std::size_t>(std::clamp<std::int64_t>(policy.limit, 0, largest));
  return policy.mode == truncation_mode::tokens ? limit * bytes_per_token : limit;
}

std::string marker(std::size_t removed_bytes, std::size_t removed_characters,
                   truncation_mode mode) {
  if (mode == truncation_mode::tokens)
    return fmt::format("…{} tokens truncated…", estimated_tokens(removed_bytes));
  return fmt::format("…{} chars truncated…", removed_characters);
}

/// What a text costs in the policy's own unit.
std::int64_t cost(std::string_view text, truncation_mode mode) {
  return static_cast<std::int64_t>(mode == truncation_mode::tokens ? estimated_tokens(text.size())
                                                                   : text.size());
}

} // namespace

std::size_t estimated_tokens(std::size_t bytes) {
  return bytes / bytes_per_token + (bytes % bytes_per_token == 0 ? 0 : 1);
}

std::string truncate_text(std::string_view text, const truncation_policy& policy) {
  const auto budget = byte_budget(policy);
  if (text.size() <= budget)
    return std::string{text};
  const auto head_end = boundary_before(text, budget / 2);
  const auto tail_start = boundary_after(text, text.size() - (budget - budget / 2));
  const auto removed = text.substr(head_end, tail_start - head_end);
  return fmt::format("{}{}{}", text.substr(0, head_end),
                     marker(text.size() - budget, count_characters(removed), policy.mode),
                     text.substr(tail_start));
}

std::string formatted_truncation(std::string_view text, const truncation_policy& policy) {
  if (text.size() <= byte_budget(policy))
    return std::string{text};
  return fmt::format("Total output lines: {}\n\n{}", count_lines(text),
                     truncate_text(text, policy));
}

std::size_t count_lines(std::string_view text) {
  const auto ends = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  return ends + (text.empty() || text.ends_with('\n') ? 0 : 1);
}

std::vector<output_item> truncated_items(std::vector<output_item> items,
                                         const truncation_policy& policy) {
  auto left = std::max<std::int64_t>(policy.limit, 0);
  std::size_t omitted = 0;
  std::vector<output_item> result;
  for (auto& item : items) {
    if (item.kind == output_item_kind::image) {
      result.push_back(std::move(item));
      continue;
    }
    if (left == 0) {
      ++omitted;
      continue;
    }
    const auto price = cost(item.value, policy.mode);
    if (price <= left) {
      left -= price;
    } else {
      item.value = truncate_text(item.value, {policy.mode, left});
      left = 0;
    }
    result.push_back(std::move(item));
  }
  if (omitted > 0)
    result.push_back({output_item_kind::text, fmt::format("[omitted {} text items ...]", omitted)});
  return result;
}

} // namespace troupe::tool_runner
