#include "actors/tool_runner/repository_search.hpp"

#include "actors/tool_runner/git_paths.hpp"
#include "actors/tool_runner/owned_descriptor.hpp"
#include "actors/tool_runner/path_view.hpp"
#include "actors/tool_runner/sandbox_placeholders.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <iterator>
#include <memory>
#include <string_view>
#include <utility>

namespace troupe::tool_runner {

namespace {

struct closer {
  void operator()(DIR* x) const { ::closedir(x); }
};

struct waiting_folder {
  std::string path;
  std::size_t depth = 0;
};

/// What matters of a folder's entries.
struct folder_entries {
  std::vector<std::string> folders;
  bool is_readable = true;
  bool has_git = false; ///< as a folder or a file
  bool git_is_file = false;
  bool git_is_link = false;
  int bare_signs = 0;                ///< of HEAD, objects, refs
  std::vector<std::string> settings; ///< of .codex, .agents: folders
};

/// Some file systems do not tell the kind with the name.
int kind_of(int folder, const dirent& entry) {
  struct stat found {};
  if (entry.d_type != DT_UNKNOWN)
    return entry.d_type;
  if (::fstatat(folder, entry.d_name, &found, AT_SYMLINK_NOFOLLOW) != 0)
    return DT_UNKNOWN;
  return static_cast<int>(IFTODT(found.st_mode));
}

folder_entries look_into(const std::string& path) {
  folder_entries result;
  const auto fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) {
    result.is_readable = errno == ENOENT || errno == ENOTDIR || errno == ELOOP; // gone meanwhile
    return result;
  }
  const std::unique_ptr<DIR, closer> entries{::fdopendir(fd)};
  if (!entries) {
    ::close(fd);
    result.is_readable = false;
    return result;
  }
  while (const auto* entry = ::readdir(entries.get())) {
    const std::string_view name{entry->d_name};
    if (name == "." || name == "..")
      continue;
    const auto kind = kind_of(fd, *entry);
    const auto is_folder = kind == DT_DIR;
    const auto is_settings = name == ".codex" || name == ".agents";
    if (is_folder && (name == ".git" || is_settings) && is_vacant(fd, entry->d_name))
      continue;
    if (name == "HEAD" || name == "objects" || name == "refs")
      ++result.bare_signs;
    if (name == ".git") {
      result.has_git = is_folder || kind == DT_REG;
      result.git_is_file = kind == DT_REG;
      result.git_is_link = kind == DT_LNK;
    } else if (is_folder && is_settings) {
      result.settings.emplace_back(name);
    } else if (is_folder) {
      result.folders.emplace_back(name);
    }
  }
  return result;
}

} // namespace

found_repositories find_repositories(const std::string& root, const search_bounds& bounds) {
  found_repositories result;
  std::vector<std::string> settings;
  const auto take_settings = [&] {
    std::ranges::move(settings, std::back_inserter(result.paths));
    return std::move(result);
  };
  std::deque<waiting_folder> waiting{{root, 0}};
  for (std::size_t seen = 0; !waiting.empty(); ++seen) {
    const auto at = std::move(waiting.front());
    waiting.pop_front();
    if (seen == bounds.max_folders || result.paths.size() >= bounds.max_repositories) {
      result.is_complete = false;
      return take_settings();
    }
    const auto entries = look_into(at.path);
    result.is_complete = result.is_complete && entries.is_readable;
    const auto is_root = at.depth == 0;
    constexpr int bare = 3;
    if (!is_root && entries.bare_signs == bare) {
      result.paths.push_back(at.path);
      continue;
    }
    if (!is_root && entries.has_git) {
      auto git = at.path + "/.git";
      if (entries.git_is_file)
        for (auto& folder : git_folders(git, disk_paths{}))
          result.paths.push_back(std::move(folder));
      result.paths.push_back(std::move(git));
    }
    if (!is_root && entries.git_is_link)
      if (auto target = disk_paths{}.resolved(at.path + "/.git"))
        result.paths.push_back(*std::move(target));
    for (const auto& name : entries.settings) {
      if (is_root) // a plan asks for its own
        break;
      if (settings.size() == bounds.max_settings)
        result.is_complete = false;
      else
        settings.push_back(at.path + "/" + name);
    }
    if (at.depth == bounds.max_depth) {
      result.is_complete = result.is_complete && entries.folders.empty();
      continue;
    }
    for (const auto& name : entries.folders)
      waiting.push_back({(at.path == "/" ? "" : at.path) + "/" + name, at.depth + 1});
  }
  return take_settings();
}

} // namespace troupe::tool_runner
