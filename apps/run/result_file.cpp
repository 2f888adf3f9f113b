#include "apps/run/result_file.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace troupe::run {

namespace fs = std::filesystem;

namespace {

std::error_code last_error() {
  return {errno, std::generic_category()};
}

std::error_code write_and_sync(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      return last_error();
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return ::fsync(descriptor) == 0 ? std::error_code{} : last_error();
}

} // namespace

fs::path results_path(const fs::path& out) {
  return out / "results.jsonl";
}

fs::path summary_path(const fs::path& out) {
  return out / "summary.json";
}

std::variant<result_file, std::error_code> result_file::open(const fs::path& out) {
  std::error_code error;
  fs::create_directories(out, error);
  if (error)
    return error;
  const auto file = results_path(out);
  const int descriptor =
    ::open(file.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0644);
  if (descriptor < 0)
    return last_error();
  result_file opened{descriptor};
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0)
    return last_error();
  return opened;
}

result_file::result_file(result_file&& other) noexcept
  : descriptor_(std::exchange(other.descriptor_, -1)) {}

result_file::~result_file() {
  if (descriptor_ >= 0)
    ::close(descriptor_);
}

std::variant<std::string, std::error_code> result_file::read() const {
  std::string out;
  std::array<char, 256 * 1024> buffer;
  for (;;) {
    const auto count =
      ::pread(descriptor_, buffer.data(), buffer.size(), static_cast<off_t>(out.size()));
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return last_error();
    if (count == 0)
      return out;
    out.append(buffer.data(), static_cast<std::size_t>(count));
    if (out.size() > max_result_file_bytes)
      return std::make_error_code(std::errc::file_too_large);
  }
}

std::error_code result_file::append(std::string_view lines) const {
  struct stat before {};
  if (::fstat(descriptor_, &before) != 0)
    return last_error();
  if (before.st_nlink == 0) // what is written now would be gone with the run
    return std::make_error_code(std::errc::no_such_file_or_directory);
  const auto error = write_and_sync(descriptor_, lines);
  // A part of a line would be met by whoever reads the file next. Where it cannot be cut off, a
  // later run tells of it as of one that was killed.
  if (error) {
    [[maybe_unused]] const int done = ::ftruncate(descriptor_, before.st_size);
  }
  return error;
}

std::error_code replace_file(const fs::path& file, std::string_view text) {
  auto temporary = file;
  temporary += ".new";
  // Of a killed run, or a link that an agent has left.
  if (::unlink(temporary.c_str()) != 0 && errno != ENOENT)
    return last_error();
  constexpr auto flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  const int descriptor = ::open(temporary.c_str(), flags, 0644);
  if (descriptor < 0)
    return last_error();
  auto error = write_and_sync(descriptor, text);
  if (::close(descriptor) != 0 && !error)
    error = last_error();
  if (!error)
    fs::rename(temporary, file, error);
  return error;
}

} // namespace troupe::run
