#include "actors/rollout_recorder/store_job.hpp"

#include <exception>
#include <utility>

namespace troupe::rollout_recorder {

namespace {

struct runner {
  const store_settings& settings;

  store_job::result_type operator()(const create_rollout& x) const {
    return create(settings, x.meta);
  }
  store_job::result_type operator()(const load_rollout& x) const { return load(settings, x); }
  store_job::result_type operator()(const list_rollouts& x) const { return list(settings.home, x); }
  store_job::result_type operator()(append_job& x) const { return append(settings, std::move(x)); }
};

/// Out of memory, in practice.
struct failure {
  store_error error;

  store_job::result_type operator()(const create_rollout&) const {
    return store_job::created{error};
  }
  store_job::result_type operator()(const load_rollout&) const { return store_job::loaded{error}; }
  store_job::result_type operator()(const list_rollouts&) const { return store_job::listed{error}; }
  store_job::result_type operator()(const append_job&) const {
    return append_outcome{.file = {}, .written = 0, .error = error};
  }
};

} // namespace

void store_job::run(const store_settings& settings) {
  try {
    result = std::visit(runner{settings}, request);
  } catch (const std::exception& error) {
    result = std::visit(failure{{errc::internal, error.what()}}, request);
  }
}

} // namespace troupe::rollout_recorder
