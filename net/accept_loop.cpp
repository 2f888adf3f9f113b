#include "net/accept_loop.hpp"

#include "net/limits.hpp"

#include <utility>

namespace troupe::net {

using boost::system::error_code;

namespace {

constexpr std::chrono::milliseconds accept_pause{50};

} // namespace

accept_loop::accept_loop(std::shared_ptr<io_lane> lane)
  : lane_(std::move(lane)), acceptor_(lane_->context()), pause_(lane_->context()) {}

error_code accept_loop::open(const asio::ip::tcp::endpoint& where) {
  error_code error;
  acceptor_.open(where.protocol(), error);
  if (!error)
    acceptor_.set_option(asio::socket_base::reuse_address{true}, error);
  if (!error)
    acceptor_.bind(where, error);
  if (!error)
    acceptor_.listen(listen_backlog, error);
  return error;
}

std::uint16_t accept_loop::port() const {
  error_code error;
  return acceptor_.local_endpoint(error).port();
}

void accept_loop::start(callbacks x) {
  callbacks_ = std::move(x);
  lane_->enrol(*this);
  accept();
}

void accept_loop::accept() {
  auto next = callbacks_.next_seat();
  acceptor_.async_accept(next.place, [self = shared_from_this(), take = std::move(next.take)](
                                       const error_code& error, tcp_socket socket) {
    if (!self->acceptor_.is_open())
      return;
    if (error) {
      if (self->callbacks_.on_refused)
        self->callbacks_.on_refused(error);
      return self->accept_later();
    }
    take(std::move(socket));
    self->accept();
  });
}

void accept_loop::accept_later() {
  pause_.expires_after(accept_pause);
  pause_.async_wait([self = shared_from_this()](const error_code& error) {
    if (!error && self->acceptor_.is_open())
      self->accept();
  });
}

void accept_loop::abandon() {
  error_code ignored;
  acceptor_.close(ignored);
  pause_.cancel();
  if (is_linked())
    unlink();
}

} // namespace troupe::net
