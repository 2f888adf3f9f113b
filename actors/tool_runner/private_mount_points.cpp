#include "actors/tool_runner/private_mount_points.hpp"

#include "actors/tool_runner/owned_descriptor.hpp"
#include "actors/tool_runner/put_aside.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <iterator>
#include <string_view>
#include <system_error>
#include <utility>

namespace troupe::tool_runner {

namespace {

namespace fs = std::filesystem;

constexpr int max_tries = 100; ///< each lost to something of that name

bool is_folder(const std::string& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

/// The folder of that name, made when there is none. Not open: errno is set.
owned_descriptor enter(int folder, const std::string& name) {
  for (int i = 0; i < max_tries; ++i) {
    constexpr mode_t mode = 0755;
    if (::mkdirat(folder, name.c_str(), mode) != 0 && errno != EEXIST)
      return {};
    owned_descriptor next{
      ::openat(folder, name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
    if (next.is_open() || (errno != ENOTDIR && errno != ELOOP && errno != ENOENT))
      return next;
    if (errno != ENOENT && !put_aside(folder, name))
      return {};
  }
  return {};
}

bool make_file(int folder, const std::string& name) {
  for (int i = 0; i < max_tries; ++i) {
    constexpr mode_t mode = 0444;
    const owned_descriptor made{
      ::openat(folder, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)};
    struct stat found {};
    if (made.is_open())
      return true;
    if (errno != EEXIST)
      return false;
    if (::fstatat(folder, name.c_str(), &found, AT_SYMLINK_NOFOLLOW) == 0) {
      if (S_ISREG(found.st_mode))
        return true;
      if (!put_aside(folder, name))
        return false;
    }
  }
  return false;
}

bool make(const std::string& own_tmp, const fs::path& below, bool as_folder) {
  owned_descriptor at{::open(own_tmp.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
  for (auto name = below.begin(); at.is_open() && name != below.end(); ++name) {
    if (!as_folder && std::next(name) == below.end())
      return make_file(at.number(), name->string());
    at = enter(at.number(), name->string());
  }
  return at.is_open();
}

} // namespace

std::optional<std::string> make_mount_points(const sandbox_plan& plan, const std::string& own_tmp) {
  for (const auto& mount : plan.mounts) {
    const auto* around = mount_around(plan, mount);
    if (around == nullptr || own_tmp.empty() || around->source != own_tmp)
      continue;
    const auto& seen = mount.source.empty() ? mount.path : mount.source;
    const auto as_folder = mount.kind == mount_kind::sealed_folder ||
                           (mount.kind != mount_kind::sealed_file && is_folder(seen));
    const auto below = fs::path{mount.path}.lexically_relative(around->path);
    if (!make(own_tmp, below, as_folder))
      return fmt::format("Sandbox cannot show {} in the private folder for temporary files: {}.",
                         mount.path, std::generic_category().message(errno));
  }
  return std::nullopt;
}

} // namespace troupe::tool_runner
