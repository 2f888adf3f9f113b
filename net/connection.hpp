#pragma once

// Internal to net/: includes Asio.

#include "net/io_lane.hpp"
#include "net/limits.hpp"
#include "net/read_buffer.hpp"
#include "net/stream.hpp"

#include <string>

namespace troupe::net {

/// A client's connection, in use by one exchange or waiting for the next.
struct connection {
  explicit connection(asio::io_context& context)
    : link(context), input(min_read_buffer_bytes, max_read_buffer_bytes) {}

  stream link;
  read_buffer input;
  std::string key; ///< what it may be reused for, see `route`
  steady_time idle_since{};
};

} // namespace troupe::net
