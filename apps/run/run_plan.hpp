#pragma once

#include "apps/run/result.hpp"
#include "apps/run/task.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Which tasks a run still has to do.
namespace troupe::run {

/// What results.jsonl holds from earlier runs: of each task the last attempt.
struct earlier_results {
  std::map<std::string, result_record, std::less<>> latest; ///< by task id
  std::size_t unreadable_lines = 0;                         ///< torn or foreign; they do not count
  std::size_t first_unreadable = 0;                         ///< its number, from 1
  bool torn_tail = false; ///< the last line lacks its newline: an append must begin with one
};

earlier_results read_results(std::string_view text);

enum class failed_tasks : std::uint8_t { keep, retry };

struct planned_task {
  std::size_t index = 0; ///< in the task list
  std::uint32_t attempt = 1;
  bool operator==(const planned_task&) const = default;
};

struct run_plan {
  std::vector<planned_task> todo;
  std::vector<result_record> kept; ///< results that stand, of tasks of this file
  std::size_t changed = 0;         ///< tasks that have a result, but read differently since
};

/// A completed task is done for good; a failed one too, unless it is retried; an interrupted or
/// changed one runs again.
run_plan plan_run(std::span<const task> tasks, const earlier_results& earlier, failed_tasks failed);

} // namespace troupe::run
