#include "actors/tool_runner/line_diff.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <optional>
#include <span>
#include <unordered_map>
#include <utility>

namespace troupe::tool_runner {

namespace {

/// Lines with their LF, so that a missing one at the end is a difference.
std::vector<std::string_view> split_with_ends(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const auto size = end == std::string_view::npos ? text.size() : end + 1;
    lines.push_back(text.substr(0, size));
    text.remove_prefix(size);
  }
  return lines;
}

/// Half-open ranges of old and new lines that are still to be compared.
struct box {
  std::size_t old_begin, old_end, new_begin, new_end;
};

/// One of the two searches inside a box: on each diagonal (old minus new index, both counted from
/// the corner where the search began) the furthest old index reached.
class search_front {
public:
  void start(std::ptrdiff_t old_count, std::ptrdiff_t new_count) {
    old_count_ = old_count;
    new_count_ = new_count;
    offset_ = (old_count + new_count + 1) / 2 + 1;
    const auto needed = static_cast<std::size_t>(2 * offset_ + 1);
    if (reached_.size() < needed)
      reached_.resize(needed);
    at(1) = 0; // the only entry read before it is written
  }

  std::ptrdiff_t& at(std::ptrdiff_t diagonal) {
    return reached_[static_cast<std::size_t>(diagonal + offset_)];
  }

  /// Takes step number `step` on `diagonal`, then follows lines for which `equal(i, j)` holds.
  template <class Equal>
  std::ptrdiff_t advance(std::ptrdiff_t diagonal, std::ptrdiff_t step, const Equal& equal) {
    const auto inserts =
      diagonal == -step || (diagonal != step && at(diagonal - 1) < at(diagonal + 1));
    auto i = inserts ? at(diagonal + 1) : at(diagonal - 1) + 1;
    while (i < old_count_ && i - diagonal < new_count_ && equal(i, i - diagonal))
      ++i;
    return at(diagonal) = i;
  }

private:
  std::vector<std::ptrdiff_t> reached_;
  std::ptrdiff_t old_count_ = 0;
  std::ptrdiff_t new_count_ = 0;
  std::ptrdiff_t offset_ = 0;
};

/// Myers' difference in linear space: find the middle of a shortest path, then treat both halves
/// alike. Works on numbers that stand for lines.
class difference_search {
public:
  difference_search(std::vector<std::uint32_t> old_lines, std::vector<std::uint32_t> new_lines,
                    std::size_t max_steps)
    : old_(std::move(old_lines)), new_(std::move(new_lines)), steps_left_(max_steps),
      old_changed_(old_.size()), new_changed_(new_.size()) {}

  void run() {
    std::vector<box> open{{0, old_.size(), 0, new_.size()}};
    while (!open.empty()) {
      const auto next = without_common_ends(open.back());
      open.pop_back();
      const auto one_sided = next.old_begin == next.old_end || next.new_begin == next.new_end;
      const auto middle = one_sided ? std::nullopt : middle_of(next);
      if (!middle) {
        mark(next);
        continue;
      }
      open.push_back({next.old_begin, middle->first, next.new_begin, middle->second});
      open.push_back({middle->first, next.old_end, middle->second, next.new_end});
    }
  }

  std::vector<line_change> changes() const {
    std::vector<line_change> result;
    std::size_t i = 0;
    std::size_t j = 0;
    while (i < old_.size() || j < new_.size()) {
      line_change next{i, 0, j, 0};
      while (i < old_.size() && old_changed_[i])
        ++i, ++next.old_count;
      while (j < new_.size() && new_changed_[j])
        ++j, ++next.new_count;
      if (next.old_count + next.new_count > 0)
        result.push_back(next);
      else
        ++i, ++j;
    }
    return result;
  }

private:
  box without_common_ends(box x) const {
    while (x.old_begin < x.old_end && x.new_begin < x.new_end &&
           old_[x.old_begin] == new_[x.new_begin])
      ++x.old_begin, ++x.new_begin;
    while (x.old_begin < x.old_end && x.new_begin < x.new_end &&
           old_[x.old_end - 1] == new_[x.new_end - 1])
      --x.old_end, --x.new_end;
    return x;
  }

  void mark(const box& x) {
    for (auto i = x.old_begin; i < x.old_end; ++i)
      old_changed_[i] = true;
    for (auto j = x.new_begin; j < x.new_end; ++j)
      new_changed_[j] = true;
  }

  bool may_step(std::ptrdiff_t step) {
    const auto cost = static_cast<std::size_t>(2 * step + 2);
    if (steps_left_ < cost)
      return false;
    steps_left_ -= cost;
    return true;
  }

  /// A point on a shortest path through `x`, not one of its corners: searches from both ends
  /// advance by turns until they meet. None when the steps are used up.
  std::optional<std::pair<std::size_t, std::size_t>> middle_of(const box& x);

  std::vector<std::uint32_t> old_;
  std::vector<std::uint32_t> new_;
  std::size_t steps_left_;
  std::vector<bool> old_changed_;
  std::vector<bool> new_changed_;
  search_front forward_;
  search_front backward_;
};

std::optional<std::pair<std::size_t, std::size_t>> difference_search::middle_of(const box& x) {
  const auto rows = static_cast<std::ptrdiff_t>(x.old_end - x.old_begin);
  const auto columns = static_cast<std::ptrdiff_t>(x.new_end - x.new_begin);
  const auto equal = [&](std::ptrdiff_t i, std::ptrdiff_t j) {
    return old_[x.old_begin + static_cast<std::size_t>(i)] ==
           new_[x.new_begin + static_cast<std::size_t>(j)];
  };
  const auto equal_from_end = [&](std::ptrdiff_t i, std::ptrdiff_t j) {
    return equal(rows - 1 - i, columns - 1 - j);
  };
  const auto inside = [=](std::ptrdiff_t i, std::ptrdiff_t j) {
    return i >= 0 && j >= 0 && i <= rows && j <= columns && i + j > 0 && i + j < rows + columns;
  };
  const auto point = [&x](std::ptrdiff_t i, std::ptrdiff_t j) {
    return std::pair{x.old_begin + static_cast<std::size_t>(i),
                     x.new_begin + static_cast<std::size_t>(j)};
  };
  const auto delta = rows - columns;
  const auto max_steps = (rows + columns + 1) / 2;
  forward_.start(rows, columns);
  backward_.start(rows, columns);
  for (std::ptrdiff_t step = 0; step <= max_steps && may_step(step); ++step) {
    for (auto k = -step; k <= step; k += 2) {
      const auto i = forward_.advance(k, step, equal);
      const auto met = delta % 2 != 0 && std::abs(delta - k) < step;
      if (met && i + backward_.at(delta - k) >= rows && inside(i, i - k))
        return point(i, i - k);
    }
    for (auto k = -step; k <= step; k += 2) {
      const auto i = backward_.advance(k, step, equal_from_end);
      const auto met = delta % 2 == 0 && std::abs(delta - k) <= step;
      if (met && i + forward_.at(delta - k) >= rows && inside(rows - i, columns - (i - k)))
        return point(rows - i, columns - (i - k));
    }
  }
  return std::nullopt;
}

/// Equal lines get equal numbers.
std::vector<std::uint32_t> numbered(std::span<const std::string_view> lines,
                                    std::unordered_map<std::string_view, std::uint32_t>& numbers) {
  std::vector<std::uint32_t> result;
  result.reserve(lines.size());
  for (const auto line : lines)
    result.push_back(
      numbers.try_emplace(line, static_cast<std::uint32_t>(numbers.size())).first->second);
  return result;
}

std::vector<line_change> changes_between(std::span<const std::string_view> old_lines,
                                         std::span<const std::string_view> new_lines,
                                         std::size_t max_steps) {
  std::unordered_map<std::string_view, std::uint32_t> numbers;
  auto old_numbers = numbered(old_lines, numbers);
  difference_search search{std::move(old_numbers), numbered(new_lines, numbers), max_steps};
  search.run();
  return search.changes();
}

void append_line(char kind, std::string_view line, std::string& out) {
  out.push_back(kind);
  out.append(line);
  if (!line.ends_with('\n'))
    out.append("\n\\ No newline at end of file\n");
}

/// `start` counts from 0. An empty range names the line before it, a range of one has no count.
std::string shown_range(std::size_t start, std::size_t count) {
  if (count == 1)
    return fmt::format("{}", start + 1);
  return fmt::format("{},{}", count == 0 ? start : start + 1, count);
}

/// One hunk from neighbouring changes; `before` and `after` are its context lines.
void append_hunk(std::span<const line_change> changes, std::size_t context,
                 std::span<const std::string_view> old_lines,
                 std::span<const std::string_view> new_lines, std::string& out) {
  const auto& first = changes.front();
  const auto& last = changes.back();
  const auto before = std::min(context, first.old_start);
  const auto old_behind = last.old_start + last.old_count;
  const auto new_behind = last.new_start + last.new_count;
  const auto after = std::min(context, old_lines.size() - old_behind);
  const auto old_start = first.old_start - before;
  const auto new_start = first.new_start - before;
  fmt::format_to(std::back_inserter(out), "@@ -{} +{} @@\n",
                 shown_range(old_start, old_behind + after - old_start),
                 shown_range(new_start, new_behind + after - new_start));
  auto next = old_start;
  for (const auto& x : changes) {
    for (; next < x.old_start; ++next)
      append_line(' ', old_lines[next], out);
    for (; next < x.old_start + x.old_count; ++next)
      append_line('-', old_lines[next], out);
    for (std::size_t j = 0; j < x.new_count; ++j)
      append_line('+', new_lines[x.new_start + j], out);
  }
  for (; next < old_behind + after; ++next)
    append_line(' ', old_lines[next], out);
}

} // namespace

std::vector<line_change> line_changes(std::string_view old_text, std::string_view new_text,
                                      std::size_t max_steps) {
  return changes_between(split_with_ends(old_text), split_with_ends(new_text), max_steps);
}

std::string unified_hunks(std::string_view old_text, std::string_view new_text,
                          std::size_t context) {
  const auto old_lines = split_with_ends(old_text);
  const auto new_lines = split_with_ends(new_text);
  const auto changes = changes_between(old_lines, new_lines, max_diff_steps);
  std::string result;
  for (std::size_t first = 0; first < changes.size();) {
    auto last = first;
    // Hunks whose context would touch or overlap are one.
    while (last + 1 < changes.size() &&
           changes[last + 1].old_start - (changes[last].old_start + changes[last].old_count) <=
             2 * context)
      ++last;
    append_hunk(std::span{changes}.subspan(first, last - first + 1), context, old_lines, new_lines,
                result);
    first = last + 1;
  }
  return result;
}

} // namespace troupe::tool_runner
