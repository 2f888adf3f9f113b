#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace troupe::config {

/// Looks up an environment variable; none when it is not set. A function, so that tests and
/// requests of a server bring their own.
using environment = std::function<std::optional<std::string>(std::string_view name)>;

/// The environment of this process.
environment process_environment();

/// The variable's value when it holds more than white space. The value itself is not trimmed.
std::optional<std::string> non_blank(const environment& env, std::string_view name);

} // namespace troupe::config
