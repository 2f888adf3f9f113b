#pragma once

#include "config/config_error.hpp"

#include <span>
#include <string>
#include <variant>
#include <vector>

namespace CLI {
class App;
}

namespace troupe::common {

/// What `-c`, `--enable` and `--disable` of one level of the command line collect.
struct override_options {
  std::vector<std::string> settings;
  std::vector<std::string> enabled;
  std::vector<std::string> disabled;
};

/// Defines the three options on `app`; `into` must live until the command line is parsed.
void add_override_options(CLI::App& app, override_options& into);

/// What the same options of `app` were given, for a level that somebody else defined: the root.
override_options given_overrides(const CLI::App& app);

/// The levels as one list of `-c` texts for `config::load`; within a level the switches stand
/// behind the settings, and a later level wins (contract exec-and-sdk.md 1). Error:
/// `config_errc::unknown_feature`.
std::variant<std::vector<std::string>, config::config_error>
joined_overrides(std::span<const override_options> levels);

} // namespace troupe::common
