#pragma once

#include <functional>
#include <memory>

namespace troupe::net {
class io_pool;
}

namespace troupe::common {

/// SIGINT (Ctrl-C), SIGTERM and SIGHUP: every command that runs for long ends by them in the same
/// order. The first one asks for the end, a second one does not wait for it. One that was ignored
/// when the program started (nohup) stays ignored.
class stop_signals {
public:
  /// What the process ends with when the given signal has stopped it.
  using exit_code_function = int (*)(int signal);

  /// From now on, until the pool is stopped, no signal ends the process by itself. One that comes
  /// before `stop_with` is remembered for it.
  stop_signals(net::io_pool& io, exit_code_function exit_code);

  /// As above, and `stop_with`.
  stop_signals(net::io_pool& io, std::function<void()> stop, exit_code_function exit_code);

  /// `stop` is called once, on an I/O thread or, when a signal has come already, at once; it must
  /// not block. To be called once.
  void stop_with(std::function<void()> stop);

  /// The first signal that came; 0: none. From any thread.
  int first() const;

private:
  struct state;
  std::shared_ptr<state> state_;
};

/// 128 + the signal's number, as shells have it.
int exit_code_of_signal(int signal);

} // namespace troupe::common
