#include "actors/tool_runner/git_paths.hpp"

#include "actors/tool_runner/path_text.hpp"

#include <string_view>
#include <utility>

namespace troupe::tool_runner {

namespace {

std::string_view without_blanks(std::string_view text) {
  const auto start = text.find_first_not_of(" \t");
  if (start == std::string_view::npos)
    return {};
  return text.substr(start, text.find_last_not_of(" \t\r") - start + 1);
}

std::string parent_of(const std::string& path) {
  return absolute_path(path, "..");
}

} // namespace

std::vector<std::string> git_folders(const std::string& git_file, const path_view& files) {
  std::vector<std::string> result;
  const auto line = files.first_line(git_file);
  const auto colon = line.find(':');
  if (colon == std::string::npos)
    return result;
  const auto named = without_blanks(std::string_view{line}.substr(colon + 1));
  if (named.empty())
    return result;
  auto folder = files.resolved(absolute_path(parent_of(git_file), named));
  if (!folder)
    return result;
  const auto common = files.first_line(absolute_path(*folder, "commondir"));
  const auto shared = without_blanks(common);
  auto worktrees = shared.empty() ? std::nullopt : files.resolved(absolute_path(*folder, shared));
  result.push_back(std::move(*folder));
  if (worktrees)
    result.push_back(std::move(*worktrees));
  return result;
}

} // namespace troupe::tool_runner
