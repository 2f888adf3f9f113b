#include "actors/tool_runner/profile_files.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <filesystem>
#include <system_error>

namespace troupe::tool_runner {

namespace {

constexpr auto system_files = std::to_array<const char*>(
  {"/etc/profile", "/etc/bash.bashrc", "/etc/bashrc", "/etc/profile.d", "/etc/zsh/zshenv",
   "/etc/zsh/zprofile", "/etc/zsh/zlogin", "/etc/zshenv", "/etc/zprofile", "/etc/zlogin"});

constexpr auto user_files = std::to_array<const char*>(
  {".bash_profile", ".bash_login", ".profile", ".bashrc", ".bash_aliases", ".bash_env", ".zshenv",
   ".zprofile", ".zlogin", ".zshrc"});

/// More files in /etc/profile.d are not looked at.
constexpr std::size_t max_snippets = 256;

file_stamp stamp_of(const std::string& path) {
  struct stat x {};
  if (::stat(path.c_str(), &x) != 0)
    return {};
  const auto nanoseconds = [](const timespec& time) {
    return static_cast<std::int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
  };
  return {.device = x.st_dev,
          .inode = x.st_ino,
          .size = x.st_size,
          .changed_ns = nanoseconds(x.st_mtim),
          .touched_ns = nanoseconds(x.st_ctim)};
}

std::vector<std::string> snippets() {
  std::vector<std::string> result;
  std::error_code error;
  for (std::filesystem::directory_iterator entry{"/etc/profile.d", error};
       !error && entry != std::filesystem::directory_iterator{} && result.size() < max_snippets;
       entry.increment(error))
    result.push_back(entry->path().string());
  std::sort(result.begin(), result.end());
  return result;
}

} // namespace

std::vector<file_stamp> profile_stamps(const std::string& home) {
  std::vector<file_stamp> result;
  for (const auto* path : system_files)
    result.push_back(stamp_of(path));
  if (!home.empty())
    for (const auto* name : user_files)
      result.push_back(stamp_of(home + "/" + name));
  for (const auto& path : snippets())
    result.push_back(stamp_of(path));
  return result;
}

} // namespace troupe::tool_runner
