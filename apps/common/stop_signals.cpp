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
};

stop_signals::stop_signals(net::io_pool& io, std::function<void()> stop,
                           exit_code_function exit_code)
  : state_(std::make_shared<state>()) {
  std::vector<int> watched{SIGINT, SIGTERM, SIGHUP};
  std::erase_if(watched, is_ignored);
  io.on_signals(watched, [state = state_, stop = std::move(stop), exit_code](int x) {
    if (const int first = state->first.load(); first != 0)
      std::quick_exit(exit_code(first));
    state->first = x;
    stop();
  });
}

int stop_signals::first() const {
  return state_->first;
}

int exit_code_of_signal(int signal) {
  return 128 + signal;
}

} // namespace troupe::common
