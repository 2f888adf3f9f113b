#pragma once

// Internal to net/: includes Asio.

#include "net/io_lane.hpp"

#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>

#include <memory>
#include <span>
#include <utility>

namespace troupe::net {

using tls_engine = asio::ssl::stream<tcp_socket&>;

/// A sequence of buffers that somebody else keeps, so that Asio copies a pointer and not the
/// sequence.
using buffer_view = std::span<const asio::const_buffer>;

/// A TCP connection, with TLS or without: one type for both, one branch per operation.
class stream {
public:
  explicit stream(asio::io_context& context) : socket_(context) {}
  explicit stream(tcp_socket socket) : socket_(std::move(socket)) {}
  stream(const stream&) = delete;
  stream& operator=(const stream&) = delete;

  tcp_socket& socket() { return socket_; }

  /// Puts TLS on the connected socket; the handshake is the caller's next step.
  tls_engine& add_tls(asio::ssl::context& context) {
    tls_ = std::make_unique<tls_engine>(socket_, context);
    return *tls_;
  }

  template <class Handler>
  void async_read_some(std::span<char> space, Handler&& handler) {
    const asio::mutable_buffer buffer{space.data(), space.size()};
    if (tls_)
      tls_->async_read_some(buffer, std::forward<Handler>(handler));
    else
      socket_.async_read_some(buffer, std::forward<Handler>(handler));
  }

  /// Writes all of `buffers`.
  template <class Handler>
  void async_write(buffer_view buffers, Handler&& handler) {
    if (tls_)
      asio::async_write(*tls_, buffers, std::forward<Handler>(handler));
    else
      asio::async_write(socket_, buffers, std::forward<Handler>(handler));
  }

  /// Small pieces are sent at once: every write here is a whole message or event.
  void send_without_delay() {
    boost::system::error_code ignored;
    socket_.set_option(asio::ip::tcp::no_delay{true}, ignored);
  }

  /// Pending operations complete with an error; the object must live until they have.
  void close() {
    boost::system::error_code ignored;
    socket_.close(ignored);
  }

  /// Closes with a reset: the peer sees an error, not an end.
  void reset() {
    boost::system::error_code ignored;
    socket_.set_option(asio::socket_base::linger{true, 0}, ignored);
    socket_.close(ignored);
  }

private:
  tcp_socket socket_;
  std::unique_ptr<tls_engine> tls_;
};

} // namespace troupe::net
