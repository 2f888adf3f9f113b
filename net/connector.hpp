#pragma once

// Internal to net/: includes Asio.

#include "net/address_book.hpp"
#include "net/net_errc.hpp"
#include "net/read_buffer.hpp"
#include "net/stream.hpp"
#include "net/tls.hpp"
#include "net/wire/url.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

namespace troupe::net {

/// A client's connection, in use by one exchange or waiting for the next.
struct connection {
  connection(asio::io_context& context, std::string origin_key);

  stream link;
  read_buffer input;
  std::string origin; ///< what it may be reused for, see `origin_of`
  steady_time idle_since{};
};

/// Connections may be shared by requests of the same origin: scheme, host and port.
std::string origin_of(const http_url& url);

struct connect_result {
  std::unique_ptr<connection> link; ///< null: see the others
  net_errc error = net_errc::none;
  std::string detail;
};

/// Makes one connection: look-up, then the addresses in turn until one answers, then TLS.
class connector : public std::enable_shared_from_this<connector> {
public:
  struct settings {
    http_url url;
    std::chrono::milliseconds limit; ///< per address, and for TLS
    asio::ssl::context* tls;         ///< null for http; must live as long as the connection
    tls_client_options::verification verify;
  };

  using completion = std::function<void(connect_result)>;

  connector(std::shared_ptr<io_lane> lane, settings x, completion on_done);

  /// `on_done` may be called inside.
  void start(address_book& addresses);

  /// `on_done` is released uncalled.
  void cancel();

private:
  void on_resolved(const boost::system::error_code& error, const address_book::endpoints& found);
  void try_next_address();
  void on_connected(const boost::system::error_code& error);
  void shake_hands();
  void on_handshake(const boost::system::error_code& error);
  void set_deadline();
  void complete(net_errc error, const std::string& why);

  std::shared_ptr<io_lane> lane_;
  settings settings_;
  completion on_done_; // empty: completed or cancelled
  std::unique_ptr<connection> link_;
  tls_engine* engine_ = nullptr;
  address_book::endpoints addresses_;
  std::size_t next_address_ = 0;
  steady_timer deadline_;
  bool timed_out_ = false; // the current step
};

} // namespace troupe::net
