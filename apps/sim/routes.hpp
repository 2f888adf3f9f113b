#pragma once

#include "net/wire/headers.hpp"

#include <cstdint>
#include <string_view>

namespace troupe::sim {

enum class endpoint : std::uint8_t {
  responses,
  compact,
  memories,
  token, ///< the refresh of tokens
  plain_models,
  model_catalogue,
  statistics,
  websocket, ///< an upgrade
  unknown,
};

/// Which endpoint a request means. Any base path is accepted, because base URLs come with and
/// without `/v1`. `upgrade`: the value of that header, empty when absent.
endpoint endpoint_of(std::string_view method, std::string_view target, std::string_view upgrade);

/// How a client names its thread in a header; empty when it does not.
std::string_view session_of(const net::header_list& headers);

} // namespace troupe::sim
