#include "actors/tool_runner/line_search.hpp"

#include "actors/tool_runner/utf8_text.hpp"

#include <algorithm>

namespace troupe::tool_runner {

namespace {

constexpr std::size_t plain_level = 3;

/// A line without what the levels before the last ignore.
std::string_view reduced(std::string_view line, std::size_t level) {
  return level == 0 ? line : level == 1 ? trim_end(line) : trim(line);
}

std::uint32_t plain_character(std::uint32_t x) {
  if ((x >= 0x2010 && x <= 0x2015) || x == 0x2212)
    return '-';
  if (x >= 0x2018 && x <= 0x201B)
    return '\'';
  if (x >= 0x201C && x <= 0x201F)
    return '"';
  if (x == 0x00A0 || (x >= 0x2002 && x <= 0x200A) || x == 0x202F || x == 0x205F || x == 0x3000)
    return ' ';
  return x;
}

} // namespace

std::string without_typography(std::string_view line) {
  line = trim(line);
  std::string result;
  result.reserve(line.size());
  while (!line.empty()) {
    const auto next = first_character(line);
    if (next.valid)
      append_utf8(plain_character(next.code_point), result);
    else
      result.push_back(line.front());
    line.remove_prefix(next.size);
  }
  return result;
}

std::optional<std::size_t> line_search::find(std::span<const std::string> pattern, std::size_t from,
                                             search_place place) {
  if (pattern.empty())
    return from;
  if (pattern.size() > lines_.size())
    return std::nullopt;
  const auto last = lines_.size() - pattern.size();
  const auto first = place == search_place::end_of_file ? std::max(last, from) : from;
  for (std::size_t level = 0; level < level_count; ++level) {
    const auto lines = lines_at(level);
    std::vector<std::string> wanted;
    for (const auto& line : pattern)
      wanted.push_back(level == plain_level ? without_typography(line)
                                            : std::string{reduced(line, level)});
    for (auto index = first; index <= last && comparisons_ <= max_comparisons_; ++index)
      if (matches(lines.subspan(index), wanted))
        return index;
  }
  return std::nullopt;
}

std::span<const std::string_view> line_search::lines_at(std::size_t level) {
  auto& result = tolerant_lines_[level];
  if (level == 0)
    return lines_;
  if (result.size() == lines_.size())
    return result;
  result.reserve(lines_.size());
  if (level == plain_level)
    plain_lines_.reserve(lines_.size()); // short strings move when a vector grows
  for (const auto line : lines_)
    result.push_back(level == plain_level ? plain_lines_.emplace_back(without_typography(line))
                                          : reduced(line, level));
  return result;
}

bool line_search::matches(std::span<const std::string_view> lines,
                          std::span<const std::string> pattern) {
  for (std::size_t i = 0; i < pattern.size(); ++i)
    if (++comparisons_ > max_comparisons_ || lines[i] != pattern[i])
      return false;
  return true;
}

} // namespace troupe::tool_runner
