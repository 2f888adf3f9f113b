#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Finding the lines that a patch expects, although models get blanks and typography wrong.
/// Contract tools.md 5.4.
namespace troupe::tool_runner {

enum class search_place : std::uint8_t { anywhere, end_of_file };

/// Searches one file's lines. Four levels, each over the whole range before the next: exact;
/// ignoring trailing white space; ignoring leading white space too; ignoring typographic variants
/// of dashes, quotes and blanks too. The lowest index of the first level that matches wins.
class line_search {
public:
  /// Comparisons of lines one patch may cost per file; a search beyond it finds nothing. A fraction
  /// of a second of CPU, and far above what the patches that models write need.
  static constexpr std::uint64_t default_comparisons = 50'000'000;

  /// `lines` must outlive the search.
  explicit line_search(std::span<const std::string_view> lines,
                       std::uint64_t max_comparisons = default_comparisons)
    : lines_(lines), max_comparisons_(max_comparisons) {}

  /// Index of the first line of `pattern` at or behind `from`. At the end of the file only the last
  /// possible index counts, before `from` never. An empty pattern is found at `from`.
  std::optional<std::size_t> find(std::span<const std::string> pattern, std::size_t from,
                                  search_place place);

private:
  static constexpr std::size_t level_count = 4;

  /// The lines in the form that `level` compares; made at the first use.
  std::span<const std::string_view> lines_at(std::size_t level);

  bool matches(std::span<const std::string_view> lines, std::span<const std::string> pattern);

  std::span<const std::string_view> lines_;
  std::uint64_t max_comparisons_;
  std::array<std::vector<std::string_view>, level_count> tolerant_lines_;
  std::vector<std::string> plain_lines_; ///< what the views of the last level refer to
  std::uint64_t comparisons_ = 0;
};

/// `line` trimmed and with plain dashes, quotes and blanks in place of typographic ones.
std::string without_typography(std::string_view line);

} // namespace troupe::tool_runner
