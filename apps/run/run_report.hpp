#pragma once

#include "apps/run/run_args.hpp"
#include "apps/run/summary.hpp"

#include <boost/json/object.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace troupe::run {

/// How a run went, apart from its results.
struct run_facts {
  std::chrono::system_clock::time_point started;
  std::chrono::system_clock::time_point ended;
  bool stopped = false;
  std::vector<std::string> overrides; ///< all `-c` texts
  std::string model_provider;
};

/// The content of summary.json: what was run, with what, and what came out.
std::string print_summary(const run_args& args, const run_facts& facts, const run_summary& results);

} // namespace troupe::run
