#include "net/io_lane.hpp"

#include <csignal>

namespace troupe::net {

void io_lane::run() noexcept {
  // Writing to a closed pipe must be an error here, not the end of the program.
  sigset_t broken_pipe;
  sigemptyset(&broken_pipe);
  sigaddset(&broken_pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
  context_.run();
}

void io_lane::stop() {
  const std::lock_guard guard{mutex_};
  if (!open_)
    return;
  open_ = false;
  asio::post(context_, [this] {
    stopping_ = true;
    conversations_.abandon_all();
    work_.reset();
  });
}

} // namespace troupe::net
