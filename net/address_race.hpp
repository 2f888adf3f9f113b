#pragma once

// Internal to net/: includes Asio.

#include "net/connection.hpp"
#include "net/io_lane.hpp"
#include "net/net_errc.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace troupe::net {

using endpoint_list = std::vector<asio::ip::tcp::endpoint>;

/// The order in which addresses are tried: as the resolver gave them, but the two families in turn,
/// so that a family that is broken costs one delay and not one per address (RFC 8305, section 4).
endpoint_list by_turns(const endpoint_list& found);

/// Connects to the first of several addresses that answers. The next is tried as soon as one has
/// failed, or after `next_address_delay` while those before are still silent; the losers are
/// closed.
class address_race : public std::enable_shared_from_this<address_race> {
public:
  struct result {
    std::unique_ptr<connection> link; ///< null: see the others
    net_errc error = net_errc::none;
    std::string detail; ///< of the address that failed last
  };

  using completion = std::function<void(result)>;

  /// `limit`: per address.
  address_race(std::shared_ptr<io_lane> lane, endpoint_list addresses,
               std::chrono::milliseconds limit, completion on_done);

  /// `on_done` may be called inside.
  void start();

  /// `on_done` is released uncalled.
  void cancel();

private:
  struct attempt {
    explicit attempt(asio::io_context& context)
      : link(std::make_unique<connection>(context)), deadline(context) {}

    std::unique_ptr<connection> link;
    steady_timer deadline;
    bool timed_out = false;
  };

  void start_next();
  void connect(std::size_t i, const asio::ip::tcp::endpoint& address);
  void on_connected(std::size_t i, const boost::system::error_code& error);
  void on_failure(net_errc error, std::string why);
  void close_all();
  void complete(result x);

  std::shared_ptr<io_lane> lane_;
  endpoint_list addresses_;
  std::chrono::milliseconds limit_;
  completion on_done_; // empty: completed or cancelled
  std::vector<std::unique_ptr<attempt>> attempts_;
  std::size_t pending_ = 0;
  steady_timer next_;
};

} // namespace troupe::net
