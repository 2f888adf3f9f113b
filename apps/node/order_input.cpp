#include "apps/node/order_input.hpp"

#include "apps/node/order_lines.hpp"

#include <array>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <poll.h>
#include <string_view>
#include <sys/eventfd.h>
#include <unistd.h>

namespace troupe::node_app {

/// Wakes a `poll` from another thread.
class order_input::wake_up {
public:
  wake_up() : descriptor_(::eventfd(0, EFD_CLOEXEC)) {}
  ~wake_up() { ::close(descriptor_); }
  wake_up(const wake_up&) = delete;
  wake_up& operator=(const wake_up&) = delete;

  void fire() const {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(descriptor_, &one, sizeof one);
  }
  int descriptor() const { return descriptor_; }

private:
  int descriptor_;
};

order_input::order_input()
  : stop_(std::make_shared<wake_up>()), signals_(common::exit_code_of_signal) {
  signals_.stop_with([stop = stop_] { stop->fire(); });
}

void order_input::read(const std::function<void(std::string)>& take) const {
  std::array<pollfd, 2> watched{{{stop_->descriptor(), POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}}};
  order_lines lines;
  std::array<char, 65536> chunk;
  for (;;) {
    if (::poll(watched.data(), watched.size(), -1) < 0 && errno != EINTR)
      return;
    if (watched[0].revents != 0)
      return;
    if (watched[1].revents == 0)
      continue;
    const auto got = ::read(STDIN_FILENO, chunk.data(), chunk.size());
    if (got > 0) {
      lines.feed({chunk.data(), static_cast<std::size_t>(got)}, take);
    } else if (got == 0 || errno != EINTR) {
      lines.end(take);
      watched[1].fd = -1; // poll passes over it
    }
  }
}

} // namespace troupe::node_app
