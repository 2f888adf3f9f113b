#include "config/login_lock.hpp"

#include "config/home.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <unistd.h>
#include <utility>

namespace troupe::config {

namespace fs = std::filesystem;

namespace {

using clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

/// Between two attempts; nobody is told when a lock becomes free.
constexpr milliseconds pause{50};

std::error_code lock_error() {
  return {errno, std::generic_category()};
}

bool is_held(std::error_code x) {
  return x == std::errc::resource_unavailable_try_again;
}

/// Commands have one thread and nothing else to do: waiting for no descriptor is a pause.
void wait_a_moment(milliseconds limit) {
  ::poll(nullptr, 0, static_cast<int>(std::min(pause, limit).count()));
}

} // namespace

login_lock::login_lock(login_lock&& other) noexcept
  : descriptor_(std::exchange(other.descriptor_, -1)) {}

login_lock& login_lock::operator=(login_lock&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

login_lock::~login_lock() {
  if (descriptor_ >= 0)
    ::close(descriptor_);
}

std::variant<login_lock, std::error_code> login_lock::try_take(const fs::path& home) {
  if (const auto error = create_home(home))
    return error;
  auto file = auth_file(home);
  file += ".lock";
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor < 0)
    return lock_error();
  login_lock result{descriptor};
  int status = 0;
  do
    status = ::flock(descriptor, LOCK_EX | LOCK_NB);
  while (status != 0 && errno == EINTR);
  if (status != 0 && errno == EWOULDBLOCK)
    return std::make_error_code(std::errc::resource_unavailable_try_again);
  return result;
}

std::variant<login_lock, std::error_code> login_lock::take(const fs::path& home,
                                                           milliseconds patience) {
  const auto end = clock::now() + patience;
  for (;;) {
    auto result = try_take(home);
    const auto* error = std::get_if<std::error_code>(&result);
    const auto left = std::chrono::ceil<milliseconds>(end - clock::now());
    if (error == nullptr || !is_held(*error) || left.count() <= 0)
      return result;
    wait_a_moment(left);
  }
}

} // namespace troupe::config
