#pragma once

#include "apps/common/offline_model.hpp"
#include "apps/common/settings.hpp"
#include "apps/run/run_args.hpp"
#include "apps/run/task.hpp"
#include "messages/op.hpp"
#include "messages/thread_info.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace troupe::run {

/// What all tasks of a run have in common.
struct run_setup {
  std::filesystem::path out; ///< results folder, absolute
  common::loaded_settings base;
  std::vector<std::string> overrides;
  config::typed_overrides typed;                  ///< what the command line says of all tasks
  const common::offline_model* offline = nullptr; ///< none: real providers
};

/// A task that is ready to be started, or not: then `problem` says why.
struct prepared_task {
  std::string workspace;
  thread_config config;
  std::string problem;
  std::vector<std::string> warnings; ///< of its configuration
};

/// Makes the workspace of the attempt and reads configuration and AGENTS.md as they apply there.
/// A fresh workspace is writable unless somebody said otherwise. Blocks; safe from any thread.
prepared_task prepare_task(const run_setup& setup, const task& x, std::uint32_t attempt);

/// What the thread of a task is asked.
user_input input_of(const task& x);

} // namespace troupe::run
