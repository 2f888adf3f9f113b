#pragma once

#include "apps/common/override_options.hpp"
#include "apps/run/result_file.hpp"
#include "apps/run/run_args.hpp"
#include "apps/run/run_plan.hpp"
#include "apps/run/task_preparation.hpp"

#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace troupe::run {

/// Everything that `run` finds out before the first task starts.
struct ready_run {
  std::vector<task> tasks;
  run_plan plan;
  std::shared_ptr<run_setup> setup;
  std::shared_ptr<result_file> results;
  std::string notice; ///< about earlier results, with its newline; empty: none
};

/// What stderr gets before the program ends with exit code 1; without a newline at its end.
struct run_refusal {
  std::string message;
};

/// Reads tasks, settings and earlier results, and opens the results folder. `root` are the
/// overrides that stand before the word `run`. Blocks.
std::variant<ready_run, run_refusal> prepare_run(const run_args& args,
                                                 common::override_options root);

} // namespace troupe::run
