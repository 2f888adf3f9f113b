#include "net/connector.hpp"

#include "net/limits.hpp"
#include "net/tls_context.hpp"

#include <utility>

namespace troupe::net {

using boost::system::error_code;

connection::connection(asio::io_context& context, std::string origin_key)
  : link(context), input(min_read_buffer_bytes, max_read_buffer_bytes),
    origin(std::move(origin_key)) {}

std::string origin_of(const http_url& url) {
  return (url.transport == http_url::scheme::https ? "https://" : "http://") + url.host_header;
}

connector::connector(std::shared_ptr<io_lane> lane, settings x, completion on_done)
  : lane_(std::move(lane)), settings_(std::move(x)), on_done_(std::move(on_done)),
    deadline_(lane_->context()) {}

void connector::start(address_book& addresses) {
  addresses.look_up(settings_.url.host, settings_.url.port,
                    [self = shared_from_this()](const error_code& error, const auto& found) {
                      self->on_resolved(error, found);
                    });
}

void connector::cancel() {
  on_done_ = nullptr;
  deadline_.cancel();
  if (link_)
    link_->link.close();
}

void connector::on_resolved(const error_code& error, const address_book::endpoints& found) {
  if (!on_done_)
    return;
  if (error || found.empty()) {
    complete(net_errc::dns_failed, error ? error.message() : "no address");
    return;
  }
  addresses_ = found;
  try_next_address();
}

void connector::try_next_address() {
  const auto address = addresses_[next_address_++];
  link_ = std::make_unique<connection>(lane_->context(), origin_of(settings_.url));
  error_code error;
  link_->link.socket().open(address.protocol(), error);
  if (error) {
    complete(net_errc::no_resources, error.message());
    return;
  }
  set_deadline();
  link_->link.socket().async_connect(
    address, [self = shared_from_this()](const error_code& x) { self->on_connected(x); });
}

void connector::on_connected(const error_code& error) {
  if (!on_done_)
    return;
  if (error) {
    if (next_address_ < addresses_.size())
      try_next_address();
    else
      complete(timed_out_ ? net_errc::timed_out_connect : net_errc::connect_failed,
               timed_out_ ? "no answer" : error.message());
    return;
  }
  link_->link.send_without_delay();
  if (settings_.tls != nullptr)
    shake_hands();
  else
    complete(net_errc::none, {});
}

void connector::shake_hands() {
  engine_ = &link_->link.add_tls(*settings_.tls);
  if (!expect_host(engine_->native_handle(), settings_.url.host, settings_.verify)) {
    complete(net_errc::tls_failed, "the host name cannot be verified");
    return;
  }
  set_deadline();
  engine_->async_handshake(
    asio::ssl::stream_base::client,
    [self = shared_from_this()](const error_code& x) { self->on_handshake(x); });
}

void connector::on_handshake(const error_code& error) {
  if (!on_done_)
    return;
  if (timed_out_)
    complete(net_errc::timed_out_connect, "no answer to the TLS handshake");
  else if (error)
    complete(net_errc::tls_failed, handshake_failure(engine_->native_handle(), error));
  else
    complete(net_errc::none, {});
}

void connector::set_deadline() {
  timed_out_ = false;
  deadline_.expires_after(settings_.limit);
  deadline_.async_wait([self = shared_from_this()](const error_code& error) {
    if (error || !self->on_done_)
      return;
    self->timed_out_ = true;
    self->link_->link.close(); // the step completes with an error
  });
}

void connector::complete(net_errc error, const std::string& why) {
  deadline_.cancel();
  connect_result result;
  result.error = error;
  if (error == net_errc::none)
    result.link = std::move(link_);
  else
    result.detail = origin_of(settings_.url) + ": " + why;
  std::exchange(on_done_, nullptr)(std::move(result));
}

} // namespace troupe::net
