#pragma once

// Internal to net/: includes Asio.

#include "net/io_lane.hpp"

#include <boost/asio/ssl/stream.hpp>

#include <memory>
#include <span>
#include <type_traits>
#include <utility>

namespace troupe::net {

using tls_engine = asio::ssl::stream<tcp_socket&>;

/// A sequence of buffers that somebody else keeps and that is used up while it is written.
using buffer_view = std::span<asio::const_buffer>;

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

  /// Writes all of `buffers`, then calls `handler` with the error.
  template <class Handler>
  void async_write(buffer_view buffers, Handler&& handler) {
    write_all<std::decay_t<Handler>>{*this, buffers, std::forward<Handler>(handler)}.go_on();
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
  // Instead of Asio's `async_write`, which copies the sequence and passes 16 buffers to a system
  // call: this one passes 64, so that a request of many parts is one call.
  template <class Handler>
  struct write_all {
    stream& target;
    buffer_view rest;
    Handler handler;

    void go_on() {
      auto& x = target; // `*this` moves into the operation
      const auto buffers = rest;
      if (x.tls_)
        x.tls_->async_write_some(buffers, std::move(*this));
      else
        x.socket_.async_write_some(buffers, std::move(*this));
    }

    void operator()(const boost::system::error_code& error, std::size_t n) {
      while (!rest.empty() && n >= rest.front().size()) {
        n -= rest.front().size();
        rest = rest.subspan(1);
      }
      if (error || rest.empty()) {
        handler(error);
        return;
      }
      rest.front() += n;
      go_on();
    }
  };

  tcp_socket socket_;
  std::unique_ptr<tls_engine> tls_;
};

} // namespace troupe::net
