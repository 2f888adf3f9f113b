#pragma once

#include "net/stop_requests.hpp"

#include <csignal>
#include <functional>
#include <initializer_list>
#include <mutex>
#include <optional>

namespace troupe::net {

/// The signals that ask this process for its end, taken by a thread of their own from its start to
/// its end: handlers of an event loop come after the loop and go before the end.
///
/// Owned by nobody: never to be destroyed, as its thread ends with the process. From any thread.
/// Whoever ends the process keeps the lock, so that nobody else ends it at the same time.
class signal_desk {
public:
  using exit_code_function = int (*)(int signal);

  /// Signals of `numbers` that come from now on wait for `start`; one that is ignored stays so. In
  /// `main`, before there are threads, which inherit it.
  void hold(std::initializer_list<int> numbers);

  /// From now on a thread takes what is held: by ending the process with `exit_code`, as long as
  /// nobody watches. Throws `std::system_error` when the system refuses the thread.
  void start(exit_code_function exit_code);

  /// From now on the first signal is told, not obeyed; a second one ends the process with what
  /// `exit_code` has for the first. Those within `stop_requests::echo_limit` of the first are the
  /// first. `on_first` is called on the desk's thread, must not block and must not call the desk.
  void watch(exit_code_function exit_code, std::function<void()> on_first);

  /// As `on_first` above, behind it; at once, when the first signal has come already. Null: nobody
  /// any more.
  void stop_with(std::function<void()> stop);

  /// The process is about to end with this: the first signal does nothing any more, and one that is
  /// not the first ends the process at once.
  void keep(int result);

  /// The first signal that came; 0: none.
  int first();

private:
  void take(int number);

  sigset_t held_{};
  std::mutex mutex_;
  exit_code_function exit_code_ = nullptr;
  bool is_watched_ = false;
  stop_requests requests_;
  int first_ = 0;
  std::function<void()> on_first_;
  std::function<void()> stop_;
  std::optional<int> result_;
};

} // namespace troupe::net
