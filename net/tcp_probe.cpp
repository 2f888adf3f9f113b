#include "net/tcp_probe.hpp"

#include "net/io_lane.hpp"
#include "net/resolve.hpp"

#include <boost/asio/connect.hpp>

#include <memory>
#include <utility>

namespace troupe::net {

namespace {

using boost::system::error_code;

/// Kept alive by its pending operations.
class tcp_probe : public conversation, public std::enable_shared_from_this<tcp_probe> {
public:
  tcp_probe(std::shared_ptr<io_lane> lane, std::function<void(net_errc)> done)
    : lane_(std::move(lane)), done_(std::move(done)), deadline_(lane_->context()),
      resolver_(lane_->context()), socket_(lane_->context()) {}

  void start(const std::string& host, std::uint16_t port, std::chrono::milliseconds limit) {
    lane_->enrol(*this);
    deadline_.expires_after(limit);
    deadline_.async_wait([self = shared_from_this()](const error_code& error) {
      if (!error)
        self->complete(net_errc::timed_out_connect);
    });
    const auto refusal = resolve(resolver_, host, port,
                                 [self = shared_from_this()](const error_code& error, auto found) {
                                   self->on_resolved(error, found);
                                 });
    if (refusal)
      complete(net_errc::dns_failed);
  }

  void abandon() override { complete(net_errc::stopped); }

private:
  void on_resolved(const error_code& error, const tcp_resolver::results_type& found) {
    if (error)
      return complete(net_errc::dns_failed);
    if (!done_)
      return;
    asio::async_connect(socket_, found,
                        [self = shared_from_this()](const error_code& failure, const auto&) {
                          self->complete(failure ? net_errc::connect_failed : net_errc::none);
                        });
  }

  void complete(net_errc x) {
    if (!done_)
      return;
    deadline_.cancel();
    resolver_.cancel();
    error_code ignored;
    // Ends by a reset: an orderly end within a TLS handshake is an error that CAF's peer mistakes
    // for one of its other connections, and cuts that (tests/cluster, "a full mesh over TLS").
    socket_.set_option(asio::socket_base::linger{true, 0}, ignored);
    socket_.close(ignored);
    std::exchange(done_, nullptr)(x);
  }

  std::shared_ptr<io_lane> lane_;
  std::function<void(net_errc)> done_; // empty: completed
  steady_timer deadline_;
  tcp_resolver resolver_;
  tcp_socket socket_;
};

} // namespace

void probe_tcp(const io_pool& pool, const std::string& host, std::uint16_t port,
               std::chrono::milliseconds limit, std::function<void(net_errc)> done) {
  const auto lane = pool.lanes()[pool.pick_lane()];
  lane->post([lane, host, port, limit, done = std::move(done)]() mutable {
    std::make_shared<tcp_probe>(lane, std::move(done))->start(host, port, limit);
  });
}

} // namespace troupe::net
