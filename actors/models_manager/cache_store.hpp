#pragma once

#include "actors/models_manager/cache_file.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// Where lists of models are kept. All functions block; for threads that may. Files are replaced in
/// one step, so that processes that share a home never see half of one; the last writer wins.
namespace troupe::models_manager {

struct cache_place {
  std::filesystem::path home;
  std::string provider;       ///< id
  std::string client_version; ///< whole version
  std::chrono::seconds lifetime = cache_lifetime;

  /// `<home>/models_cache.json` of `openai`, as the reference has it; for others
  /// `<home>/remote_models/<key>/models_cache.json`.
  std::filesystem::path file() const;
};

/// What is worth telling the user's log, for any of these; empty: nothing.
using cache_remarks = std::vector<std::string>;

struct load_result {
  std::optional<cached_models> hit; ///< none: no file, another version, too old, not usable
  cache_remarks remarks;
};

load_result load_cache(const cache_place& from, cache_time now);

cache_remarks save_cache(const cache_place& into, const cached_models& x);

/// Makes the file count as fetched now, if it is of that ETag; nothing else in it changes.
cache_remarks renew_cache(const cache_place& in, std::string_view etag, cache_time now);

/// What was fetched for another login is nobody's.
cache_remarks drop_cache(const cache_place& in);

} // namespace troupe::models_manager
