#pragma once

/// Exit codes of every subcommand (contract exec-and-sdk.md 1.8).
namespace troupe::common {

inline constexpr int exit_ok = 0;
inline constexpr int exit_failed = 1; ///< a turn or task failed, or something could not start
inline constexpr int exit_usage = 2;  ///< the command line is not valid
inline constexpr int exit_interrupted = 130; ///< `run` was stopped by Ctrl-C; 128 + SIGINT

} // namespace troupe::common
