#pragma once

// Internal to net/: includes Asio.

#include "net/address_book.hpp"
#include "net/address_race.hpp"
#include "net/connection.hpp"
#include "net/message_parser.hpp"
#include "net/net_errc.hpp"
#include "net/tls.hpp"
#include "net/wire/proxy_rules.hpp"
#include "net/wire/url.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace troupe::net {

/// "https://host:8443": scheme, host and port.
std::string origin_of(const http_url& url);

/// How an origin is reached.
struct route {
  enum class kind {
    direct,
    forward, ///< an http proxy is asked for the whole URL
    tunnel,  ///< an http proxy connects us to the origin (CONNECT)
  };

  kind how = kind::direct;
  http_url url;
  std::optional<proxy_address> proxy;

  /// Tunnels for https and for every WebSocket, else forwarding.
  static route to(http_url url, std::optional<proxy_address> proxy, proxy_rules::traffic kind);

  /// Connections may be shared by requests with the same key: proxy and origin.
  std::string key() const;

  /// Whom the connection is made to, for messages.
  std::string first_hop() const;
};

struct connect_result {
  std::unique_ptr<connection> link; ///< null: see the others
  net_errc error = net_errc::none;
  std::string detail;
};

/// Makes one connection: look-up, then the addresses until one answers, then the proxy's tunnel,
/// then TLS; the last two where needed.
class connector : public std::enable_shared_from_this<connector> {
public:
  struct settings {
    route way;
    std::chrono::milliseconds limit; ///< per address, for the tunnel, and for TLS
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
  void on_connected(address_race::result result);

  void open_tunnel();
  std::string tunnel_request() const;
  void read_tunnel_answer();
  void on_tunnel_answer();
  void fail_tunnel(const boost::system::error_code& error);

  void secure();
  void on_handshake(const boost::system::error_code& error);
  void set_deadline();
  void complete(net_errc error, const std::string& why);

  std::shared_ptr<io_lane> lane_;
  settings settings_;
  completion on_done_; // empty: completed or cancelled
  std::shared_ptr<address_race> race_;
  std::unique_ptr<connection> link_;
  std::string tunnel_request_;
  asio::const_buffer out_;
  message_parser tunnel_answer_{message_parser::kind::response_without_body};
  tls_engine* engine_ = nullptr;
  steady_timer deadline_;
  bool timed_out_ = false; // the current step
};

} // namespace troupe::net
