#pragma once

#include "apps/run/task_reader.hpp"

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace troupe::run {

/// One line with file and place.
struct toml_task_problem {
  std::string message;
};

/// The `[[task]]` tables of a TOML text as JSON objects; keys they lack come from `[defaults]`.
std::variant<std::vector<raw_task>, toml_task_problem> parse_toml_tasks(std::string_view text,
                                                                        std::string_view label);

} // namespace troupe::run
