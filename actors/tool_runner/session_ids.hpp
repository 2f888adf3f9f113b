#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <set>
#include <span>
#include <string>

/// Numbers and bounds of the processes that a thread keeps open. Contract tools.md 4.1 and 4.5.
namespace troupe::tool_runner {

inline constexpr std::int32_t first_session_id = 1'000;
inline constexpr std::int32_t last_session_id = 99'999;

/// Open processes per thread; the next one costs one of the old ones.
inline constexpr std::size_t max_open_processes = 64;

/// From this many on the model is told.
inline constexpr std::size_t many_open_processes = 60;

/// The most recently used processes, which are never the ones to go.
inline constexpr std::size_t protected_processes = 8;

/// A random id that is not in `taken`, which must leave one free.
std::int32_t new_session_id(std::minstd_rand& random, const std::set<std::int32_t>& taken);

enum class liveness : std::uint8_t { running, exited };

/// What pruning looks at.
struct session_use {
  std::int32_t id = 0;
  std::chrono::steady_clock::time_point last_use;
  liveness state = liveness::running;
};

/// The session that has to go before another one is kept: none below the bound, else, among all but
/// the most recently used, the least recently used exited one, or the least recently used.
std::optional<std::int32_t> session_to_prune(std::span<const session_use> sessions);

/// The message to the model when `open` processes are kept; none while they are few.
std::optional<std::string> open_processes_warning(std::size_t open);

} // namespace troupe::tool_runner
