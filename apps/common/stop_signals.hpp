#pragma once

#include <functional>

namespace troupe::common {

/// SIGINT (Ctrl-C), SIGTERM and SIGHUP: every command that runs for long ends by them in the same
/// order. The first one asks for the end, a second one does not wait for it, unless it comes at the
/// same moment (`net::stop_requests`). One that was ignored when the program started (nohup) stays
/// ignored.

/// What the process ends with when the given signal has stopped it.
using exit_code_function = int (*)(int signal);

/// 128 + the signal's number, as shells have it.
int exit_code_of_signal(int signal);

/// Those that come from now on wait for `take_stop_signals`. In `main`, before anything is started:
/// threads inherit it, and none may be hit.
void hold_stop_signals();

/// From now on a thread takes them, until the process ends: before there is a `stop_signals` by
/// ending it with `exit_code`. Once, from `main`. Throws `std::system_error` when the system
/// refuses the thread.
void take_stop_signals(exit_code_function exit_code);

/// The process is about to end with this: no signal changes it any more, and one that is not the
/// first ends the process at once. From any thread.
void keep_result(int exit_code);

/// What the command that runs does about them. One in the process.
class stop_signals {
public:
  /// From now on the first signal does not end the process by itself. One that comes before
  /// `stop_with` is remembered for it. A second one ends it with what `exit_code` has for the
  /// first.
  explicit stop_signals(exit_code_function exit_code);
  /// From now on nothing is called; signals still do not end the process by themselves.
  ~stop_signals();
  stop_signals(const stop_signals&) = delete;
  stop_signals& operator=(const stop_signals&) = delete;

  /// `stop` is called once, on the thread of the signals or, when one has come already, at once; it
  /// must not block. To be called once.
  static void stop_with(std::function<void()> stop);

  /// The first signal that came; 0: none. From any thread. After it the guardian may be gone with
  /// the program: a command that cannot be started then says nothing about the machine. Does not
  /// return while the process is being ended at once.
  static int first();
};

} // namespace troupe::common
