#pragma once

#include "apps/sim/scenario.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace troupe::sim {

/// A scenario that is part of the program: apps/sim/scenarios/NAME.toml, embedded by the build.
struct builtin_scenario {
  std::string_view name;
  std::string_view toml;
};

/// All of them, by name.
std::span<const builtin_scenario> builtin_scenarios();

/// Read and checked; none when there is no such scenario. That a built-in one is wrong is a bug and
/// found by the tests.
std::optional<scenario> load_builtin(std::string_view name);

/// What `--offline` plays.
inline constexpr std::string_view default_scenario = "default";

/// A built-in scenario when `name_or_file` names one, else the file; the default one when it is
/// empty. The error is a text for the user.
std::variant<scenario, std::string> open_scenario(const std::string& name_or_file);

} // namespace troupe::sim
