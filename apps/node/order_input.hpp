#pragma once

#include <functional>
#include <string>

namespace troupe::net {
class io_pool;
}

namespace troupe::node_app {

/// Reads lines from stdin and hands each to `take`, until Ctrl-C or SIGTERM. The end of stdin ends
/// the reading, not the waiting. Blocks the calling thread. A line over 8 MiB is cut there.
void read_orders(net::io_pool& io, const std::function<void(std::string)>& take);

} // namespace troupe::node_app
