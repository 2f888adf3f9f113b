#pragma once

#include "config/catalogue_json.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// The file that keeps a provider's list of models (contract models-manager.md 7). Readable for the
/// reference, and the other way round.
namespace troupe::models_manager {

using cache_time = std::chrono::system_clock::time_point;

struct cached_models {
  cache_time fetched_at; ///< milliseconds count
  std::optional<std::string> etag;
  std::optional<std::string> client_version; ///< absent: nobody's, never used
  config::catalogue models;                  ///< as fetched, not merged
  bool operator==(const cached_models&) const = default;
};

struct read_cache {
  cached_models content;
  std::vector<std::string> warnings; ///< entries that were left out, and why
};

/// Error: not such a file; the text says what is wrong.
std::variant<read_cache, config::catalogue_error> parse_cache(std::string_view json);

/// Pretty-printed like the reference's: whoever looks into a home may read it.
std::string print_cache(const cached_models& x);

/// The file with another time and everything else, unknown members included, as it was. Empty when
/// it is of another ETag. Error: not such a file.
std::variant<std::string, config::catalogue_error>
renewed_cache(std::string_view json, std::string_view etag, cache_time fetched_at);

/// How long a list counts as up to date, the limit included.
inline constexpr std::chrono::seconds cache_lifetime{300};

/// A time in the future counts as fresh, a lifetime of zero as never.
bool is_fresh(cache_time fetched_at, cache_time now, std::chrono::seconds lifetime);

/// A provider id as the name of a folder: other characters than letters, digits, `-` and `_` as
/// `%` and two hexadecimal digits; long ids are shortened to a part and a hash. Different ids have
/// different keys.
std::string cache_key(std::string_view provider);

/// `1.2.3-alpha.4+b` is `1.2.3`: what providers and caches are told.
std::string_view whole_version(std::string_view version);

} // namespace troupe::models_manager
