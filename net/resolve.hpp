#pragma once

// Internal to net/: includes Asio.

#include "net/io_lane.hpp"

#include <boost/asio/ip/basic_resolver.hpp>

#include <cstdint>
#include <string>
#include <utility>

namespace troupe::net {

using tcp_resolver = asio::ip::basic_resolver<asio::ip::tcp, io_executor>;

/// Looks a name up; `on_answer` hears what comes of it, later. An error here instead: Asio's thread
/// for look-ups, which starts with the first one, was refused by the system (the next look-up tries
/// again), and `on_answer` has been dropped.
template <class Handler>
boost::system::error_code resolve(tcp_resolver& resolver, const std::string& host,
                                  std::uint16_t port, Handler&& on_answer) {
  try {
    resolver.async_resolve(host, std::to_string(port), asio::ip::resolver_base::numeric_service,
                           std::forward<Handler>(on_answer));
  } catch (const boost::system::system_error& error) {
    return error.code();
  }
  return {};
}

} // namespace troupe::net
