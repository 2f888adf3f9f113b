#include "apps/run/failure_causes.hpp"

#include "apps/common/printable_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <map>
#include <string_view>
#include <vector>

namespace troupe::run {

namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Paths with every word of them that holds a digit as `#`, and long words with many digits, which
/// are ids and times. Other numbers stay: a status makes another cause.
std::string without_ids(std::string_view word) {
  constexpr std::size_t id_length = 12;
  constexpr std::ptrdiff_t id_digits = 4;
  if (word.find('/') == std::string_view::npos) {
    const bool is_id =
      word.size() >= id_length && std::ranges::count_if(word, is_digit) >= id_digits;
    return std::string{is_id ? std::string_view{"#"} : word};
  }
  std::string out;
  while (!word.empty()) {
    const auto part = word.substr(0, word.find_first_of("/-.:", 1));
    out += std::ranges::any_of(part, is_digit) ? std::string_view{"#"} : part;
    word.remove_prefix(part.size());
  }
  return out;
}

/// What the errors of tasks that fail for the same cause have in common.
std::string kind_of_cause(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto word = text.substr(0, text.find(' '));
    out += without_ids(word);
    out += ' ';
    text.remove_prefix(std::min(word.size() + 1, text.size()));
  }
  return out;
}

struct cause {
  std::string_view first; ///< as the first task tells it
  std::size_t tasks = 0;
};

/// The most frequent one first.
std::vector<cause> causes_of(std::span<const result_record> results) {
  std::map<std::string, cause> kinds;
  for (const auto& x : results) {
    if (x.status != task_status::failed)
      continue;
    auto& one = kinds[kind_of_cause(x.error)];
    if (++one.tasks == 1)
      one.first = x.error;
  }
  std::vector<cause> out;
  for (const auto& [kind, one] : kinds)
    out.push_back(one);
  std::ranges::stable_sort(out, std::ranges::greater{}, &cause::tasks);
  return out;
}

std::string tasks_text(std::size_t count) {
  return fmt::format("{} {}", count, count == 1 ? "task" : "tasks");
}

} // namespace

std::string failure_causes(std::span<const result_record> results) {
  const auto causes = causes_of(results);
  std::string out;
  std::size_t others = 0;
  for (std::size_t i = 0; i < causes.size(); ++i) {
    if (i >= max_told_causes)
      others += causes[i].tasks;
    else
      out +=
        fmt::format("{} failed: {}\n", tasks_text(causes[i].tasks),
                    common::shortened(common::one_line(causes[i].first), max_cause_characters));
  }
  if (others > 0)
    out += fmt::format("{} failed for other causes; the results name them\n", tasks_text(others));
  return out;
}

} // namespace troupe::run
