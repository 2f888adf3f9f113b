#include "actors/tool_runner/file_writer.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>

namespace troupe::tool_runner {

namespace {

namespace fs = std::filesystem;

std::error_code write_error() {
  return {errno, std::generic_category()};
}

/// Writes everything and closes `fd`, whose last error may come as late as that.
std::error_code write_and_close(int fd, std::string_view content) {
  std::error_code result;
  while (!result && !content.empty()) {
    const auto count = ::write(fd, content.data(), content.size());
    if (count >= 0)
      content.remove_prefix(static_cast<std::size_t>(count));
    else if (errno != EINTR)
      result = write_error();
  }
  if (::close(fd) != 0 && !result)
    result = write_error();
  return result;
}

std::error_code write_in_place(const std::string& path, std::string_view content) {
  const auto fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0666);
  if (fd < 0)
    return write_error();
  return write_and_close(fd, content);
}

bool take_over_owner_and_mode(int fd, const struct stat& old) {
  struct stat now {};
  if (::fstat(fd, &now) != 0)
    return false;
  const auto same_owner = now.st_uid == old.st_uid && now.st_gid == old.st_gid;
  if (!same_owner && ::fchown(fd, old.st_uid, old.st_gid) != 0)
    return false;
  return ::fchmod(fd, old.st_mode & 07777) == 0;
}

/// Writes beside `path` and renames. None, and nothing left behind, where that is not possible.
std::optional<std::error_code> replace(const std::string& path, std::string_view content,
                                       const struct stat& old) {
  auto beside = path + ".troupe-XXXXXX";
  const auto fd = ::mkostemp(beside.data(), O_CLOEXEC);
  if (fd < 0)
    return std::nullopt;
  if (!take_over_owner_and_mode(fd, old)) {
    ::close(fd);
    ::unlink(beside.c_str());
    return std::nullopt;
  }
  const auto error = write_and_close(fd, content);
  if (!error && ::rename(beside.c_str(), path.c_str()) == 0)
    return error;
  ::unlink(beside.c_str());
  return error ? std::optional{error} : std::nullopt;
}

} // namespace

std::error_code write_file(const std::string& path, std::string_view content) {
  struct stat old {};
  if (::stat(path.c_str(), &old) != 0)
    return write_in_place(path, content);
  if (S_ISDIR(old.st_mode))
    return std::make_error_code(std::errc::is_a_directory);
  if (!S_ISREG(old.st_mode))
    return std::make_error_code(std::errc::operation_not_supported);
  if (::access(path.c_str(), W_OK) != 0)
    return write_error();
  if (old.st_nlink > 1)
    return write_in_place(path, content);
  std::error_code unresolved;
  const auto target = fs::canonical(path, unresolved);
  if (unresolved)
    return write_in_place(path, content);
  const auto replaced = replace(target.string(), content, old);
  return replaced ? *replaced : write_in_place(path, content);
}

std::error_code create_parents(const std::string& path) {
  const auto parent = fs::path{path}.parent_path();
  std::error_code error;
  if (!parent.empty())
    fs::create_directories(parent, error);
  return error;
}

void copy_permissions(const std::string& from, const std::string& to) {
  struct stat source {};
  if (::stat(from.c_str(), &source) == 0)
    static_cast<void>(::chmod(to.c_str(), source.st_mode & 07777));
}

std::error_code remove_file(const std::string& path) {
  if (::unlink(path.c_str()) != 0)
    return write_error();
  return {};
}

bool is_same_file(const std::string& a, const std::string& b) {
  struct stat first {};
  struct stat second {};
  return ::stat(a.c_str(), &first) == 0 && ::stat(b.c_str(), &second) == 0 &&
         first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

} // namespace troupe::tool_runner
