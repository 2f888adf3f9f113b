#pragma once

#include "apps/run/result.hpp"

#include <boost/json/object.hpp>

#include <chrono>
#include <cstddef>
#include <map>
#include <span>
#include <string>

/// Figures over the results of a run: of all tasks, per model and per tag.
namespace troupe::run {

struct result_group {
  std::size_t tasks = 0;
  std::size_t completed = 0;
  std::size_t failed = 0;
  std::size_t interrupted = 0;
  std::uint64_t refused = 0; ///< tool calls without a sandbox or a process to run in
  token_usage usage;
  std::chrono::milliseconds median{0}; ///< of the durations of completed and failed tasks
  std::chrono::milliseconds p95{0};
  bool operator==(const result_group&) const = default;
};

struct run_summary {
  result_group all;
  std::map<std::string, result_group> models;
  std::map<std::string, result_group> tags; ///< a task counts in each of its tags
};

run_summary summarise(std::span<const result_record> results);

/// A table for people; each line ends with a newline. Models are listed only when there are
/// several.
std::string summary_table(const run_summary& x);

/// `{"all": {...}, "models": {NAME: {...}}, "tags": {NAME: {...}}}`.
boost::json::object summary_json(const run_summary& x);

} // namespace troupe::run
