#include "actors/tool_runner/file_view.hpp"

#include "actors/tool_runner/owned_descriptor.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace troupe::tool_runner {

namespace {

std::error_code last_error() {
  return {errno, std::generic_category()};
}

std::error_code read_all(int fd, std::string& out) {
  char block[16 * 1024];
  for (;;) {
    const auto count = ::read(fd, block, sizeof block);
    if (count == 0)
      return {};
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return last_error();
    out.append(block, static_cast<std::size_t>(count));
    if (out.size() > file_view::max_file_bytes)
      return std::make_error_code(std::errc::file_too_large);
  }
}

} // namespace

std::variant<file_snapshot, std::error_code> disk_files::read(const std::string& path) const {
  // Without O_NONBLOCK the open itself would wait for a writer of a pipe.
  const owned_descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
  if (!file.is_open())
    return last_error();
  return read_file(file.number());
}

std::variant<file_snapshot, std::error_code> read_file(int fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0)
    return last_error();
  if (S_ISDIR(status.st_mode))
    return std::make_error_code(std::errc::is_a_directory);
  if (!S_ISREG(status.st_mode))
    return std::make_error_code(std::errc::operation_not_supported);
  file_snapshot result;
  result.mode = (status.st_mode & S_IXUSR) != 0 ? file_mode::executable : file_mode::regular;
  if (const auto error = read_all(fd, result.content))
    return error;
  return result;
}

} // namespace troupe::tool_runner
