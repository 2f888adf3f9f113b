#include "net/signal_desk.hpp"

#include <cstdlib>
#include <thread>
#include <utility>

namespace troupe::net {

void signal_desk::hold(std::initializer_list<int> numbers) {
  sigemptyset(&held_);
  for (const int number : numbers) {
    struct sigaction current {};
    if (::sigaction(number, nullptr, &current) == 0 && current.sa_handler != SIG_IGN)
      sigaddset(&held_, number);
  }
  ::pthread_sigmask(SIG_BLOCK, &held_, nullptr);
}

void signal_desk::start(exit_code_function exit_code) {
  exit_code_ = exit_code;
  std::thread{[this] {
    for (;;) {
      int number = 0;
      if (::sigwait(&held_, &number) == 0)
        take(number);
    }
  }}.detach();
}

void signal_desk::take(int number) {
  const std::lock_guard lock{mutex_};
  const auto meaning = requests_.on_signal(stop_requests::time_point::clock::now());
  if (meaning == stop_requests::meaning::echo)
    return;
  const bool is_first = meaning == stop_requests::meaning::first;
  if (is_first)
    first_ = number;
  if (result_) {
    if (!is_first)
      std::_Exit(*result_); // what runs at `quick_exit` is under way already
    return;
  }
  if (!is_watched_ || !is_first)
    std::quick_exit(exit_code_(first_));
  on_first_();
  if (stop_)
    stop_();
}

void signal_desk::watch(exit_code_function exit_code, std::function<void()> on_first) {
  const std::lock_guard lock{mutex_};
  exit_code_ = exit_code;
  on_first_ = std::move(on_first);
  is_watched_ = true;
}

void signal_desk::stop_with(std::function<void()> stop) {
  const std::lock_guard lock{mutex_};
  stop_ = std::move(stop);
  if (first_ != 0 && stop_)
    stop_();
}

void signal_desk::keep(int result) {
  const std::lock_guard lock{mutex_};
  result_ = result;
}

int signal_desk::first() {
  const std::lock_guard lock{mutex_};
  return first_;
}

} // namespace troupe::net
