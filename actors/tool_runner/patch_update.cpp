#include "actors/tool_runner/patch_update.hpp"

#include "actors/tool_runner/line_search.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <span>

namespace troupe::tool_runner {

namespace {

/// Old lines [start, start + count) give way to `lines`.
struct replacement {
  std::size_t start = 0;
  std::size_t count = 0;
  std::span<const std::string> lines;
};

class chunk_placer {
public:
  chunk_placer(std::span<const std::string_view> lines, std::string_view shown_path)
    : lines_(lines), search_(lines), shown_path_(shown_path) {}

  std::optional<update_mismatch> place(const patch_chunk& chunk) {
    if (auto mismatch = go_to_context(chunk))
      return mismatch;
    if (chunk.old_lines.empty()) {
      append(chunk);
      return std::nullopt;
    }
    std::span<const std::string> old_lines{chunk.old_lines};
    std::span<const std::string> new_lines{chunk.new_lines};
    auto index = find(old_lines, chunk);
    if (!index && old_lines.back().empty()) {
      // The patch counts the file's final LF as an empty line.
      old_lines = old_lines.first(old_lines.size() - 1);
      if (!new_lines.empty() && new_lines.back().empty())
        new_lines = new_lines.first(new_lines.size() - 1);
      index = find(old_lines, chunk);
    }
    if (!index)
      return update_mismatch{fmt::format("Failed to find expected lines in {}:\n{}", shown_path_,
                                         fmt::join(chunk.old_lines, "\n"))};
    replacements_.push_back({*index, old_lines.size(), new_lines});
    position_ = replaced_until_ = *index + old_lines.size();
    return std::nullopt;
  }

  std::string text() {
    std::stable_sort(replacements_.begin(), replacements_.end(),
                     [](const auto& a, const auto& b) { return a.start < b.start; });
    std::string result;
    std::size_t next = 0;
    for (const auto& x : replacements_) {
      for (; next < x.start; ++next)
        result.append(lines_[next]).push_back('\n');
      for (const auto& line : x.lines)
        result.append(line).push_back('\n');
      // An insertion may lie inside the range of an earlier replacement: never go back.
      next = std::max(next, x.start + x.count);
    }
    for (; next < lines_.size(); ++next)
      result.append(lines_[next]).push_back('\n');
    return result;
  }

private:
  std::optional<update_mismatch> go_to_context(const patch_chunk& chunk) {
    if (!chunk.context)
      return std::nullopt;
    const auto index = search_.find({&*chunk.context, 1}, position_, search_place::anywhere);
    if (!index)
      return update_mismatch{
        fmt::format("Failed to find context '{}' in {}", *chunk.context, shown_path_)};
    position_ = *index + 1;
    return std::nullopt;
  }

  /// At the end of the file the context line may be among the old lines, so the search may begin
  /// before it, though not inside what is replaced already.
  std::optional<std::size_t> find(std::span<const std::string> old_lines,
                                  const patch_chunk& chunk) {
    if (chunk.at_end_of_file)
      return search_.find(old_lines, replaced_until_, search_place::end_of_file);
    return search_.find(old_lines, position_, search_place::anywhere);
  }

  void append(const patch_chunk& chunk) {
    auto end = lines_.size();
    if (end > 0 && lines_.back().empty())
      --end;
    replacements_.push_back({end, 0, chunk.new_lines});
  }

  std::span<const std::string_view> lines_;
  line_search search_;
  std::string_view shown_path_;
  std::vector<replacement> replacements_;
  std::size_t position_ = 0;
  std::size_t replaced_until_ = 0;
};

} // namespace

std::vector<std::string_view> text_lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const auto end = text.find('\n');
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

std::variant<std::string, update_mismatch>
updated_text(std::string_view old_text, const update_file& hunk, std::string_view shown_path) {
  const auto lines = text_lines(old_text);
  chunk_placer placer{lines, shown_path};
  for (const auto& chunk : hunk.chunks)
    if (auto mismatch = placer.place(chunk))
      return std::move(*mismatch);
  return placer.text();
}

} // namespace troupe::tool_runner
