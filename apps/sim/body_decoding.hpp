#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>

namespace troupe::sim {

/// Why a body cannot be read, for the 400 answer.
struct undecodable {
  std::string reason;
};

/// Undoes a request's `Content-Encoding`: none, `identity` or `zstd` (contract responses-client,
/// section 3.4).
std::variant<std::string, undecodable> decoded_body(std::string_view encoding, std::string body,
                                                    std::size_t max_bytes);

} // namespace troupe::sim
