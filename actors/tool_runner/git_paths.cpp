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

/// As git asks before it takes a folder for one of its own.
bool is_repository(const std::string& folder, const path_view& files) {
  const auto is_there = [&](std::string_view name, path_kind kind) {
    return files.kind(absolute_path(folder, name)) == kind;
  };
  return is_there("HEAD", path_kind::file) && is_there("objects", path_kind::folder) &&
         is_there("refs", path_kind::folder);
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
  if (worktrees && is_repository(*worktrees, files)) {
    result.push_back(std::move(*folder));
    result.push_back(std::move(*worktrees));
  } else if (is_repository(*folder, files)) {
    result.push_back(std::move(*folder));
  }
  return result;
}

} // namespace troupe::tool_runner
