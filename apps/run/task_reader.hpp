#pragma once

#include "apps/run/task.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <variant>
#include <vector>

/// One entry of a TASKS file, whichever format it came from.
namespace troupe::run {

/// A task as it was written: the keys of docs/run.md.
struct raw_task {
  boost::json::object fields;
  std::uint32_t line = 0;                         ///< from 1
  std::map<std::string, std::uint32_t> key_lines; ///< of keys that stand on other lines
};

/// One sentence, and where it belongs.
struct task_error {
  std::uint32_t line = 0;
  std::string text;
};

/// The schema of a task that names a file instead of holding the schema itself.
struct schema_file {
  std::filesystem::path path;
};

/// A task that is right as far as its own text says; files were not looked at.
struct checked_task {
  task value; ///< `id` is empty when none was given
  std::variant<std::monostate, schema_file> schema;
};

/// Reads the fields. Relative paths resolve against `base`. Errors name the key; there may be
/// several.
std::variant<checked_task, std::vector<task_error>> read_task(const raw_task& raw,
                                                              const std::filesystem::path& base);

/// Ids name folders: letters, digits, `.`, `_` and `-`, not beginning with a dot, at most 100.
bool is_valid_task_id(std::string_view id);

} // namespace troupe::run
