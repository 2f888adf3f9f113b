#include "apps/common/standard_streams.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

namespace troupe::common {

void open_standard_streams() {
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(descriptor, F_GETFD) < 0 && errno == EBADF) {
      // takes the lowest free number, which is this one
      ::open("/dev/null", descriptor == STDOUT_FILENO ? O_RDONLY : O_RDWR);
    }
}

std::variant<std::string, std::error_code> read_to_end(int descriptor, std::size_t max_bytes) {
  std::string out;
  std::array<char, 64 * 1024> buffer;
  for (;;) {
    const auto count = ::read(descriptor, buffer.data(), buffer.size());
    if (count == 0)
      return out;
    if (count > 0)
      out.append(buffer.data(), static_cast<std::size_t>(count));
    else if (errno != EINTR)
      return std::error_code{errno, std::generic_category()};
    if (out.size() > max_bytes)
      return std::make_error_code(std::errc::file_too_large);
  }
}

void discard_input(int descriptor, std::chrono::milliseconds limit) {
  using clock = std::chrono::steady_clock;
  const auto deadline = clock::now() + limit;
  std::array<char, 64 * 1024> buffer;
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - clock::now());
    pollfd input{.fd = descriptor, .events = POLLIN, .revents = 0};
    if (left.count() <= 0 || ::poll(&input, 1, static_cast<int>(left.count())) <= 0)
      return;
    if (::read(descriptor, buffer.data(), buffer.size()) <= 0)
      return;
  }
}

} // namespace troupe::common
