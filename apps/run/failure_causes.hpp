#pragma once

#include "apps/run/result.hpp"

#include <cstddef>
#include <span>
#include <string>

namespace troupe::run {

inline constexpr std::size_t max_told_causes = 3;
inline constexpr std::size_t max_cause_characters = 300; ///< of one cause; the rest is left out

/// Why tasks have failed: the most frequent causes, a line each, and a line for the others. Causes
/// that differ in ids, times and numbers of paths only are one. Empty when no task has failed; each
/// line ends with a newline.
std::string failure_causes(std::span<const result_record> results);

} // namespace troupe::run
