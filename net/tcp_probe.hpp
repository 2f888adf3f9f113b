#pragma once

#include "net/io_pool.hpp"
#include "net/net_errc.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

namespace troupe::net {

/// Finds out whether something accepts connections at an address: connects to it, in all its
/// addresses in turn, and closes at once. For callers whose own connecting blocks (CAF's does).
///
/// `done` is called once, on an I/O thread, within `limit`, name look-up included: with `none`,
/// `dns_failed`, `connect_failed`, `timed_out_connect`, or `stopped` when the pool stops first. A
/// stopped pool drops it uncalled.
void probe_tcp(const io_pool& pool, const std::string& host, std::uint16_t port,
               std::chrono::milliseconds limit, std::function<void(net_errc)> done);

} // namespace troupe::net
