#include "config/contained_file.hpp"

#include "config/file_descriptor.hpp"
#include "config/text_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace troupe::config {

namespace fs = std::filesystem;

namespace {

int open_below(int folder, const fs::path& name, link_rule links) {
  open_how how{};
  how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  if (links == link_rule::none)
    how.resolve |= RESOLVE_NO_SYMLINKS;
  const auto result =
    static_cast<int>(::syscall(SYS_openat2, folder, name.c_str(), &how, sizeof how));
  // Kernels before 5.6, and containers that hide the call: no link at all, as far as that goes.
  if (result < 0 && (errno == ENOSYS || errno == EPERM))
    return ::openat(folder, name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
  return result;
}

bool is_inside(const fs::path& path, const fs::path& folder) {
  return std::mismatch(folder.begin(), folder.end(), path.begin(), path.end()).first ==
         folder.end();
}

} // namespace

std::variant<std::string, std::error_code>
read_contained_prefix(const fs::path& folder, const fs::path& name, std::size_t max_bytes,
                      std::span<const fs::path> kept, link_rule links) {
  const file_descriptor top{::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
  if (!top.is_open())
    return std::error_code{errno, std::generic_category()};
  const file_descriptor file{open_below(top.number(), name, links)};
  if (!file.is_open()) {
    const auto leads_out = errno == EXDEV || errno == ELOOP;
    return leads_out ? std::make_error_code(std::errc::operation_not_permitted)
                     : std::error_code{errno, std::generic_category()};
  }
  const auto way = fmt::format("/proc/self/fd/{}", file.number());
  std::error_code error;
  const auto real = fs::read_symlink(way, error);
  const auto is_kept = [&](const fs::path& x) {
    std::error_code ignored;
    const auto there = fs::weakly_canonical(x, ignored);
    return is_inside(real, ignored ? x : there);
  };
  if (error || std::ranges::any_of(kept, is_kept))
    return std::make_error_code(std::errc::operation_not_permitted);
  return read_file_prefix(way, max_bytes);
}

} // namespace troupe::config
