#include "config/project.hpp"

#include "config/placeholder.hpp"
#include "config/text_file.hpp"

#include <algorithm>
#include <string_view>
#include <system_error>

namespace troupe::config {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t max_git_link_bytes = 64 * 1024;

/// The nearest directory from `start` upwards that holds one of `markers`.
std::optional<fs::path> holder_of(const fs::path& start, const std::vector<std::string>& markers) {
  const auto holds_marker = [](const fs::path& directory, const std::string& marker) {
    return !marker.empty() && is_there(directory / marker);
  };
  for (auto directory = start;; directory = directory.parent_path()) {
    if (std::ranges::any_of(markers,
                            [&](const auto& marker) { return holds_marker(directory, marker); }))
      return directory;
    if (directory == directory.parent_path())
      return std::nullopt;
  }
}

std::optional<std::string> first_line(const fs::path& file) {
  const auto text = read_file(file, max_git_link_bytes);
  const auto* content = std::get_if<std::string>(&text);
  if (content == nullptr)
    return std::nullopt;
  return std::string{trimmed(std::string_view{*content}.substr(0, content->find('\n')))};
}

/// The `.git` folder that a linked worktree's `.git` file leads to: the file names the worktree's
/// own folder, in which `commondir` names the shared one. A submodule has no `commondir`.
std::optional<fs::path> common_git_folder(const fs::path& link) {
  constexpr std::string_view prefix = "gitdir:";
  const auto line = first_line(link);
  if (!line || !line->starts_with(prefix))
    return std::nullopt;
  const auto own = link.parent_path() / trimmed(std::string_view{*line}.substr(prefix.size()));
  const auto common = first_line(own / "commondir");
  if (!common || common->empty())
    return std::nullopt;
  return (own / *common).lexically_normal();
}

project_trust trust_of(const setting_table& settings, const std::string& path) {
  const auto* found = find_setting(settings, {"projects", path, "trust_level"});
  const auto* level = found ? std::get_if<std::string>(&found->value) : nullptr;
  if (level == nullptr)
    return project_trust::unknown;
  if (*level == "trusted")
    return project_trust::trusted;
  return *level == "untrusted" ? project_trust::untrusted : project_trust::unknown;
}

} // namespace

fs::path project_root(const fs::path& cwd, const std::vector<std::string>& markers) {
  return holder_of(cwd, markers).value_or(cwd);
}

std::vector<fs::path> directories_between(const fs::path& root, const fs::path& cwd) {
  std::vector<fs::path> result;
  for (auto directory = cwd;; directory = directory.parent_path()) {
    result.push_back(directory);
    if (directory == root || directory == directory.parent_path())
      break;
  }
  std::ranges::reverse(result);
  return result;
}

std::optional<fs::path> main_repository(const fs::path& cwd) {
  const auto root = holder_of(cwd, {".git"});
  if (!root)
    return std::nullopt;
  const auto git = *root / ".git";
  std::error_code error;
  if (fs::is_directory(git, error))
    return root;
  auto common = common_git_folder(git);
  if (common && !common->has_filename()) // "/repo/.git/" after normalisation
    common = common->parent_path();
  if (!common || common->filename() != ".git")
    return root;
  return common->parent_path();
}

project_trust find_trust(const setting_table& settings, const std::vector<fs::path>& candidates) {
  if (find_setting(settings, {"projects"}) == nullptr)
    return project_trust::unknown; // paths take their time, and each thread asks
  for (const auto& path : candidates) {
    std::error_code error;
    const auto canonical = fs::weakly_canonical(path, error);
    for (const auto& key : {path.string(), canonical.string()})
      if (const auto trust = trust_of(settings, key); trust != project_trust::unknown)
        return trust;
  }
  return project_trust::unknown;
}

} // namespace troupe::config
