#pragma once

#include "actors/models_manager/cache_store.hpp"

#include <optional>
#include <string>

/// What the models manager has done on a thread that may block. Plain functions.
namespace troupe::models_manager {

struct job_result {
  /// The list that counts now, bundled models included; none: there is no new one.
  std::optional<config::catalogue> models;
  std::optional<std::string> etag; ///< of that list
  std::string problem;             ///< why an answer of the provider is not usable
  cache_remarks remarks;
};

/// A fresh list from the cache.
job_result load_models(const cache_place& from, cache_time now);

/// The list in a provider's answer, after it was put into the cache.
job_result take_models(std::string_view body, std::optional<std::string> etag,
                       const cache_place& into, cache_time now);

} // namespace troupe::models_manager
