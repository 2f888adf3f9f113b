#pragma once

// Internal to net/: includes Asio.

#include "net/io_lane.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>

#include <cstdint>
#include <functional>

namespace troupe::net {

/// Accepts connections one after the other, on one lane, until it is abandoned. While the system
/// refuses (no descriptors are left) they wait in the backlog and are looked for again soon.
class accept_loop : public conversation, public std::enable_shared_from_this<accept_loop> {
public:
  /// Where the next connection lives, and what takes it, on this loop's lane.
  struct seat {
    asio::io_context& place;
    std::function<void(tcp_socket)> take;
  };

  struct callbacks {
    std::function<seat()> next_seat;
    std::function<void(const boost::system::error_code&)> on_refused; ///< may be empty
  };

  explicit accept_loop(std::shared_ptr<io_lane> lane);

  /// Listens; nothing is accepted yet.
  boost::system::error_code open(const asio::ip::tcp::endpoint& where);
  std::uint16_t port() const;

  /// On the lane, once.
  void start(callbacks x);

  void abandon() override;

private:
  void accept();
  void accept_later();

  std::shared_ptr<io_lane> lane_;
  asio::basic_socket_acceptor<asio::ip::tcp, io_executor> acceptor_;
  steady_timer pause_;
  callbacks callbacks_;
};

} // namespace troupe::net
