#pragma once

#include <span>
#include <string>
#include <string_view>

namespace troupe::sim {

/// `; did you mean "x"?` for the known name nearest to `name`, or `; known are a, b, c` when none
/// is near (at most ten of them). Empty when nothing is known.
std::string suggestion(std::string_view name, std::span<const std::string_view> known);

} // namespace troupe::sim
