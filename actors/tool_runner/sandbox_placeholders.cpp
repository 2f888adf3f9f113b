#include "actors/tool_runner/sandbox_placeholders.hpp"

#include "config/placeholder.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <string_view>
#include <system_error>
#include <utility>

namespace troupe::tool_runner {

namespace {

owned_descriptor open_folder(int parent, const std::string& name) {
  return owned_descriptor{
    ::openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)};
}

bool is_empty(int folder) {
  const auto copy = ::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (copy < 0)
    return errno == ENOENT; // it has been removed
  struct closer {
    void operator()(DIR* x) const { ::closedir(x); }
  };
  const std::unique_ptr<DIR, closer> entries{::fdopendir(copy)};
  if (!entries) {
    ::close(copy);
    return false;
  }
  while (const auto* entry = ::readdir(entries.get())) {
    const std::string_view name{entry->d_name};
    if (name != "." && name != "..")
      return false;
  }
  return true;
}

bool is_marked(int folder) {
  struct stat found {};
  return ::fstat(folder, &found) == 0 &&
         (found.st_mode & config::placeholder_mark) == config::placeholder_mark && is_empty(folder);
}

/// Is `folder` still the one of that name?
bool is_at(int folder, int parent, const std::string& name) {
  struct stat ours {};
  struct stat there {};
  return ::fstat(folder, &ours) == 0 &&
         ::fstatat(parent, name.c_str(), &there, AT_SYMLINK_NOFOLLOW) == 0 &&
         ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
}

bool is_link(int parent, const std::string& name) {
  struct stat found {};
  return ::fstatat(parent, name.c_str(), &found, AT_SYMLINK_NOFOLLOW) == 0 &&
         S_ISLNK(found.st_mode);
}

} // namespace

bool is_vacant(int parent, const std::string& name) {
  const auto folder = open_folder(parent, name);
  return folder.is_open() ? is_marked(folder.number()) : errno == ENOENT;
}

std::variant<held_placeholders::outcome, std::string>
held_placeholders::hold(int folder_of_it, const std::string& path) {
  const auto name = path.substr(path.rfind('/') + 1);
  owned_descriptor parent{::fcntl(folder_of_it, F_DUPFD_CLOEXEC, 0)};
  if (!parent.is_open())
    return fmt::format("Sandbox cannot keep {} from being made: {}.", path,
                       std::generic_category().message(errno));
  const auto at = parent.number();
  constexpr int max_tries = 1000; // each lost to somebody who takes his away right now
  constexpr int pause_ms = 2;
  for (int i = 0; i < max_tries; ++i) {
    const auto made = ::mkdirat(at, name.c_str(), config::placeholder_mode) == 0;
    const auto why = made ? 0 : errno;
    if (why == EACCES || why == EPERM || why == EROFS || why == ENOENT || why == ENOTDIR)
      return outcome::impossible;
    if (why != 0 && why != EEXIST)
      return fmt::format("Sandbox cannot keep {} from being made: {}.", path,
                         std::generic_category().message(why));
    auto folder = open_folder(at, name);
    if (!folder.is_open()) {
      if (errno == ENOENT)
        continue;
      if (is_link(at, name))
        return fmt::format("Sandbox refuses {}: a symbolic link has appeared there.", path);
      return outcome::taken;
    }
    const auto is_busy = ::flock(folder.number(), LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    if (is_busy)
      ::poll(nullptr, 0, pause_ms); // on a busy machine that takes a moment
    if (is_busy || !is_at(folder.number(), at, name))
      continue; // somebody takes it away
    if (!is_marked(folder.number()))
      return outcome::taken;
    held_.push_back({std::move(parent), name, std::move(folder)});
    return outcome::held;
  }
  return fmt::format("Sandbox cannot keep {} from being made: somebody holds a lock on it.", path);
}

held_placeholders::~held_placeholders() {
  for (const auto& x : held_) {
    const auto fd = x.folder.number();
    if (fd < 0 || !is_at(fd, x.parent.number(), x.name))
      continue;
    if (::flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
      continue; // the last one in takes it away
    if (::unlinkat(x.parent.number(), x.name.c_str(), AT_REMOVEDIR) != 0 && errno == ENOTEMPTY)
      ::fchmod(fd, 0755); // somebody has put it to use
  }
}

} // namespace troupe::tool_runner
