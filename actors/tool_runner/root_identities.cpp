#include "actors/tool_runner/root_identities.hpp"

#include "actors/tool_runner/careful_open.hpp"
#include "config/config.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <optional>

namespace troupe::tool_runner {

namespace {

namespace fs = std::filesystem;

bool look(int fd, root_identity& into) {
  struct statx found {};
  if (::statx(fd, "", AT_EMPTY_PATH, STATX_INO | STATX_BTIME, &found) != 0)
    return false;
  into.device = makedev(found.stx_dev_major, found.stx_dev_minor);
  into.inode = found.stx_ino;
  if ((found.stx_mask & STATX_BTIME) != 0) {
    into.birth_s = found.stx_btime.tv_sec;
    into.birth_ns = found.stx_btime.tv_nsec;
  }
  return true;
}

bool is_same(int fd, const root_identity& was, const root_identity& is) {
  constexpr decltype(statfs::f_type) overlay = 0x794c7630;
  constexpr decltype(statfs::f_type) fuse = 0x65735546;
  struct statfs system {};
  if (::fstatfs(fd, &system) != 0 || is.device != was.device)
    return false;
  if (system.f_type == fuse)
    return true;
  if (is.inode != was.inode)
    return false;
  return system.f_type == overlay || (is.birth_s == was.birth_s && is.birth_ns == was.birth_ns);
}

} // namespace

root_identity identify(const std::string& path) {
  root_identity result;
  result.given = path;
  result.path = path;
  std::error_code error;
  const auto real = fs::canonical(path, error);
  if (error)
    return result;
  const auto fd = open_without_links(real.string(), O_PATH);
  if (fd.is_open() && look(fd.number(), result))
    result.path = real.string();
  return result;
}

std::vector<root_identity> identify_roots(const sandbox_policy& policy, const std::string& cwd,
                                          std::string_view tmpdir) {
  auto widest = policy;
  widest.mode = sandbox_mode::workspace_write;
  widest.exclude_slash_tmp = false;
  const auto variables = [&](std::string_view name) -> std::optional<std::string> {
    return name == "TMPDIR" ? std::optional<std::string>{tmpdir} : std::nullopt;
  };
  std::vector<root_identity> result;
  for (const auto& root : config::effective_writable_roots(widest, cwd, variables))
    result.push_back(identify(root));
  return result;
}

const root_identity* find_identity(std::span<const root_identity> known, std::string_view given) {
  const auto found = std::ranges::find(known, given, &root_identity::given);
  return found == known.end() ? nullptr : &*found;
}

std::variant<owned_descriptor, std::string> open_unchanged(const root_identity& expected) {
  auto fd = open_without_links(expected.path, O_PATH);
  if (!fd.is_open() && errno == ENOENT)
    return fmt::format("Sandbox expected writable root {}, but it does not exist.", expected.given);
  root_identity now;
  const auto is_known = fd.is_open() && look(fd.number(), now);
  if (is_known && (expected.inode == 0 || is_same(fd.number(), expected, now)))
    return fd;
  return fmt::format("Sandbox refuses writable root {}: it is not the folder any more that it was "
                     "when the thread's settings were made (it was moved, replaced, or a symbolic "
                     "link leads to it). Give the thread its folder again to go on.",
                     expected.given);
}

} // namespace troupe::tool_runner
