#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace troupe::config {

/// The known name that `name` looks like a slip of; none when no name is near.
std::optional<std::string_view> nearest_name(std::string_view name,
                                             std::span<const std::string_view> known);

/// `; did you mean "x"?` for the known name nearest to `name`, or `; known are a, b, c` when none
/// is near (at most ten of them). Empty when nothing is known.
std::string suggestion(std::string_view name, std::span<const std::string_view> known);

} // namespace troupe::config
