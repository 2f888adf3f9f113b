#include "apps/common/stop_signals.hpp"

#include "net/io_pool.hpp"

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <utility>
#include <vector>

namespace troupe::common {

namespace {

bool is_ignored(int signal) {
  struct sigaction current {};
  return ::sigaction(signal, nullptr, &current) == 0 && current.sa_handler == SIG_IGN;
}

} // namespace

struct stop_signals::state {
  std::atomic<int> first{0};
  std::function<void()> stop; // not touched before `is_ready`
  std::atomic<bool> is_ready{false};
  std::atomic_flag is_called;

  // Both sides set their own mark before they look at the other's: one of them at least sees both.
  void stop_if_due() {
    if (is_ready && first != 0 && !is_called.test_and_set())
      stop();
  }
};

stop_signals::stop_signals(net::io_pool& io, exit_code_function exit_code)
  : state_(std::make_shared<state>()) {
  std::vector<int> watched{SIGINT, SIGTERM, SIGHUP};
  std::erase_if(watched, is_ignored);
  io.on_signals(watched, [state = state_, exit_code](int x) {
    if (const int first = state->first.load(); first != 0)
      std::quick_exit(exit_code(first));
    state->first = x;
    state->stop_if_due();
  });
}

stop_signals::stop_signals(net::io_pool& io, std::function<void()> stop,
                           exit_code_function exit_code)
  : stop_signals(io, exit_code) {
  stop_with(std::move(stop));
}

void stop_signals::stop_with(std::function<void()> stop) {
  state_->stop = std::move(stop);
  state_->is_ready = true;
  state_->stop_if_due();
}

int stop_signals::first() const {
  return state_->first;
}

int exit_code_of_signal(int signal) {
  return 128 + signal;
}

} // namespace troupe::common
