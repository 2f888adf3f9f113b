#pragma once

#include "actors/model_client/request_body.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace troupe::model_client {

/// The level of the contract (responses-client.md 14).
inline constexpr int zstd_level = 3;

/// Compresses bodies with zstd. Keeps its tables from call to call, which cost more to make than a
/// small body to compress; not thread-safe.
class body_compressor {
public:
  body_compressor();
  ~body_compressor();
  body_compressor(const body_compressor&) = delete;
  body_compressor& operator=(const body_compressor&) = delete;

  /// The pieces as one compressed text; they are read one after the other, never glued together.
  /// None when zstd has no memory.
  std::optional<fragment> compress(const std::vector<fragment>& body);

private:
  struct state;
  std::unique_ptr<state> state_; // made with the first body: most clients never compress
};

} // namespace troupe::model_client
