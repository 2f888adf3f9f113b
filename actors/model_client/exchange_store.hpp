#pragma once

#include "actors/model_client/exchange.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

namespace troupe::config {
class private_folder;
}

namespace troupe::model_client {

/// Keeps exchanges in a folder, one file each: `<key>-<n>.json`, where n counts the same request
/// from
/// 1. So a recording of the same run has the same files, whatever came when. Not thread-safe.
class exchange_recorder {
public:
  using post = std::function<void(std::function<void()>)>;

  /// `run_blocking` runs what blocks elsewhere. The folder is made when it is missing, and opened
  /// here, before any agent can put a link in its way. Blocks.
  exchange_recorder(std::filesystem::path folder, post run_blocking);

  /// A file that cannot be written is logged and missing. Follows no link of its name.
  void record(exchange x);

private:
  std::filesystem::path path_;
  std::shared_ptr<const config::private_folder> folder_;
  post run_blocking_;
  std::unordered_map<std::string, std::uint64_t> counts_; // by key
};

/// Answers requests from a recording. Not thread-safe.
class exchange_replay {
public:
  /// All of a recording is kept in memory.
  static constexpr std::uintmax_t max_bytes = 1024 * 1024 * 1024;

  /// Reads the folder at once: to be called at start. The text of a problem when there is no such
  /// folder, nothing in it, or a file in it is none of ours.
  static std::variant<exchange_replay, std::string> load(const std::filesystem::path& folder);

  /// A recording in this order.
  explicit exchange_replay(std::vector<exchange> recorded);

  struct answer {
    const exchange* found = nullptr;
    std::string problem; ///< what diverged, when nothing was found
  };

  /// The answer to the next request of that content. Failures that the client repeats by itself are
  /// passed over, `retries` of them, when there is another answer behind.
  answer next(std::string_view path, std::string_view comparable, std::uint32_t retries);

private:
  struct entry {
    std::vector<exchange> answers; ///< to the same request, in their order
    std::size_t used = 0;
  };

  std::string divergence(std::string_view path, std::string_view comparable) const;

  std::map<std::string, entry, std::less<>> entries_; // by path and request
};

} // namespace troupe::model_client
