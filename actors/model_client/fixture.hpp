#pragma once

#include "config/environment.hpp"
#include "messages/errors.hpp"
#include "messages/model_stream.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace troupe::model_client {

/// A stream that is answered from a file instead of the network (contract responses-client.md 6.6).
struct offline_fixture {
  std::string text;    ///< as read
  std::string problem; ///< why it could not be read; then every stream fails
};

/// Larger files are refused.
inline constexpr std::size_t max_fixture_bytes = 64 * 1024 * 1024;

/// Reads what `CODEX_RS_SSE_FIXTURE` names; none when it is not set. Reads the file at once: to be
/// called once, at start.
std::optional<offline_fixture> read_fixture(const config::environment& environment);

struct fixture_response {
  std::vector<model_event> events;
  std::optional<model_error> error;
};

/// What a stream brings that is answered from it. Each line is an event of its own.
fixture_response replay(const offline_fixture& x);

} // namespace troupe::model_client
