#include "apps/exec/last_message.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>
#include <utility>

namespace troupe::exec {

namespace {

/// For a reader of a pipe.
constexpr int reader_limit_ms = 10'000;

bool holds_descriptors(const std::filesystem::path& folder) {
  constexpr auto known = std::to_array<std::string_view>({"/dev", "/dev/fd", "/proc/self/fd"});
  return std::find(known.begin(), known.end(), folder.lexically_normal().string()) != known.end();
}

bool write_fully(int fd, std::string_view text) {
  while (!text.empty()) {
    const auto count = ::write(fd, text.data(), text.size());
    if (count >= 0) {
      text.remove_prefix(static_cast<std::size_t>(count));
      continue;
    }
    pollfd waiting{fd, POLLOUT, 0};
    if (errno == EINTR || (errno == EAGAIN && ::poll(&waiting, 1, reader_limit_ms) > 0))
      continue;
    return false;
  }
  return true;
}

} // namespace

last_message_place::last_message_place(std::filesystem::path file) : file_(std::move(file)) {
  const auto folder = file_.has_parent_path() ? file_.parent_path() : std::filesystem::path{"."};
  folder_ = ::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  error_ = folder_ < 0 ? errno : 0;
}

last_message_place::~last_message_place() {
  if (folder_ >= 0)
    ::close(folder_);
}

int last_message_place::open_file() const {
  if (folder_ < 0) {
    errno = error_;
    return -1;
  }
  const auto links = holds_descriptors(file_.parent_path()) ? 0 : O_NOFOLLOW;
  constexpr auto flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NONBLOCK;
  return ::openat(folder_, file_.filename().c_str(), flags | links, 0666);
}

last_message_result last_message_place::write(const common::turn_outcome& outcome) const {
  const auto failed = [&](std::string_view why) {
    return last_message_result{
      fmt::format("Failed to write last message file \"{}\": {}\n", file_.string(), why), true};
  };
  const int fd = open_file();
  if (fd < 0 && errno == ELOOP)
    return failed("it is a symbolic link, which an agent may have made");
  if (fd < 0)
    return failed(std::generic_category().message(errno));
  auto error = write_fully(fd, outcome.final_message().value_or("")) ? 0 : errno;
  if (::close(fd) != 0 && error == 0)
    error = errno;
  if (error != 0)
    return failed(std::generic_category().message(error));
  if (outcome.status() == common::turn_status::completed && !outcome.final_message())
    return {
      fmt::format("Warning: no last agent message; wrote empty content to {}\n", file_.string())};
  return {};
}

} // namespace troupe::exec
