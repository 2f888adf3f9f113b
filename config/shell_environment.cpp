#include "config/shell_environment.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <vector>

namespace troupe::config {

namespace {

constexpr auto core_names = std::to_array<std::string_view>(
  {"HOME", "LOGNAME", "PATH", "SHELL", "USER", "USERNAME", "TMPDIR", "TEMP", "TMP"});
const std::vector<std::string> default_excludes{"*KEY*", "*SECRET*", "*TOKEN*"};

char upper(char c) {
  return static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
}

bool matches_any(const std::vector<std::string>& patterns, std::string_view name) {
  return std::ranges::any_of(patterns,
                             [&](const auto& pattern) { return matches_wildcard(pattern, name); });
}

variables inherited(const variables& parent, environment_inherit inherit) {
  switch (inherit) {
  case environment_inherit::all: return parent;
  case environment_inherit::none: return {};
  case environment_inherit::core: break;
  }
  variables result;
  for (const auto& [name, value] : parent)
    if (std::ranges::find(core_names, name) != core_names.end())
      result.emplace(name, value);
  return result;
}

} // namespace

variables child_environment(const variables& parent, const shell_environment_policy& policy,
                            std::string_view thread_id) {
  auto result = inherited(parent, policy.inherit);
  if (!policy.ignore_default_excludes)
    std::erase_if(result, [](const auto& x) { return matches_any(default_excludes, x.first); });
  std::erase_if(result, [&](const auto& x) { return matches_any(policy.exclude, x.first); });
  for (const auto& [name, value] : policy.set)
    result.insert_or_assign(name, value);
  if (!policy.include_only.empty())
    std::erase_if(result,
                  [&](const auto& x) { return !matches_any(policy.include_only, x.first); });
  if (!thread_id.empty())
    result.insert_or_assign("CODEX_THREAD_ID", std::string{thread_id});
  return result;
}

bool matches_wildcard(std::string_view pattern, std::string_view text) {
  // Greedy with one point to come back to: linear space, at most pattern times text steps.
  std::size_t p = 0;
  std::size_t t = 0;
  auto star = std::string_view::npos;
  std::size_t resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || upper(pattern[p]) == upper(text[t]))) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

} // namespace troupe::config
