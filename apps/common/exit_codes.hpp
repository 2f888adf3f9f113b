#pragma once

/// Exit codes of every subcommand (contract exec-and-sdk.md 1.8).
namespace troupe::common {

inline constexpr int exit_ok = 0;
inline constexpr int exit_failed = 1; ///< a turn or task failed, or something could not start,
                                      ///< or output was lost
inline constexpr int exit_usage = 2;  ///< the command line is not valid
// 128 + its number: a signal stopped `run`, or `exec` unless it was Ctrl-C (stop_signals.hpp).

} // namespace troupe::common
