#pragma once

// Included after caf/test/bdd_dsl.hpp.

#include "apps/sim/scenario_reader.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace troupe::test {

/// A scenario that a test has written down; one that is wrong fails the test.
inline sim::scenario scenario_of(std::string_view toml) {
  auto result = sim::read_scenario(toml, "test.toml");
  if (auto* error = std::get_if<std::string>(&result))
    CAF_FAIL(*error);
  return std::get<sim::scenario>(std::move(result));
}

} // namespace troupe::test
