#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

namespace troupe::net {

/// Everything that can go wrong on the network side. 0 is success, so it works as a
/// `std::error_code`.
enum class net_errc : std::uint8_t {
  none = 0,

  // The request could not be built; sending it again changes nothing.
  bad_url,
  bad_request,

  // Reaching the peer.
  dns_failed,
  connect_failed,
  timed_out_connect,
  tls_failed,
  bad_proxy,
  proxy_refused,
  overloaded,

  // The exchange.
  write_failed,
  timed_out_headers,
  timed_out_total,
  idle_timeout,
  no_progress,
  closed_early,
  bad_response,
  too_large,
  too_much_unfinished,
  redirect_refused,

  // A WebSocket.
  ws_refused,
  ws_closed,
  ws_broken,
  ws_protocol,
  ws_binary,
  ws_ping_failed,

  // The content.
  bad_utf8,

  // This side.
  cancelled,
  stopped,
  no_resources,
  listen_failed,
  spawn_failed,
};

/// A sentence with cause and remedy, without values of the moment (those are in an outcome's
/// `detail`).
constexpr std::string_view to_text(net_errc x) {
  switch (x) {
  case net_errc::none: return "success";
  case net_errc::bad_url:
    return "the URL is not usable; it needs http:// or https://, a host, and no user name";
  case net_errc::bad_request:
    return "the request is malformed; check its method, headers and limits";
  case net_errc::dns_failed:
    return "the host name was not resolved; check its spelling and the name servers";
  case net_errc::connect_failed:
    return "no connection to the server; check host and port and that it is running";
  case net_errc::timed_out_connect:
    return "the server did not accept a connection in time; check host, port and firewall";
  case net_errc::tls_failed:
    return "the TLS handshake failed; check the server's certificate and the trusted authorities";
  case net_errc::bad_proxy:
    return "the configured proxy is not usable; it needs http://, a host and a port";
  case net_errc::proxy_refused:
    return "the proxy did not open a connection; check its address, its credentials and its rules";
  case net_errc::overloaded:
    return "too many exchanges with this server are open already; raise the limit or start fewer";
  case net_errc::write_failed: return "the connection broke while the request was being sent";
  case net_errc::timed_out_headers: return "the server sent no response headers in time";
  case net_errc::timed_out_total: return "the exchange took longer than its total limit";
  case net_errc::idle_timeout: return "the response made no progress within the idle limit";
  case net_errc::no_progress:
    return "the peer showed that it lives, but sent nothing that counts within the limit";
  case net_errc::closed_early:
    return "the server closed the connection before the response was complete";
  case net_errc::bad_response: return "the server's answer is not valid HTTP/1.1";
  case net_errc::too_large: return "the peer sent more than the configured limit";
  case net_errc::too_much_unfinished:
    return "the unfinished messages of all connections together reached their limit; try again";
  case net_errc::redirect_refused:
    return "the server's redirect is not followed; check the URL it leads to";
  case net_errc::ws_refused: return "the server answered the WebSocket handshake with HTTP";
  case net_errc::ws_closed: return "the peer closed the WebSocket";
  case net_errc::ws_broken: return "the connection of the WebSocket broke";
  case net_errc::ws_protocol: return "the peer broke the WebSocket protocol";
  case net_errc::ws_binary: return "the peer sent a binary message where text is expected";
  case net_errc::ws_ping_failed: return "a ping of the peer could not be answered";
  case net_errc::bad_utf8: return "the stream holds bytes that are not UTF-8";
  case net_errc::cancelled: return "cancelled by this program";
  case net_errc::stopped: return "the network side has been shut down";
  case net_errc::no_resources:
    return "this process is out of files or memory; raise the open file limit (ulimit -n)";
  case net_errc::listen_failed: return "the address cannot be listened on; it may be in use";
  case net_errc::spawn_failed: return "the program could not be started";
  }
  return "unknown network error";
}

/// Whether the same request may be sent again (contract responses-client, section 3.5: network
/// errors and timeouts are, a request that cannot be built is not).
constexpr bool may_retry(net_errc x) {
  switch (x) {
  case net_errc::dns_failed:
  case net_errc::connect_failed:
  case net_errc::timed_out_connect:
  case net_errc::tls_failed:
  case net_errc::write_failed:
  case net_errc::timed_out_headers:
  case net_errc::timed_out_total:
  case net_errc::idle_timeout:
  case net_errc::no_progress:
  case net_errc::too_much_unfinished:
  case net_errc::closed_early:
  case net_errc::bad_response:
  case net_errc::overloaded:
  case net_errc::proxy_refused:
  case net_errc::ws_closed:
  case net_errc::ws_broken:
  case net_errc::ws_protocol:
  case net_errc::ws_binary:
  case net_errc::ws_ping_failed:
  case net_errc::no_resources: return true;
  case net_errc::none:
  case net_errc::bad_url:
  case net_errc::bad_request:
  case net_errc::bad_proxy:
  case net_errc::redirect_refused:
  case net_errc::ws_refused: // its status decides
  case net_errc::too_large:
  case net_errc::bad_utf8:
  case net_errc::cancelled:
  case net_errc::stopped:
  case net_errc::listen_failed:
  case net_errc::spawn_failed: return false;
  }
  return false; // unreachable; keeps GCC content
}

/// The category of `net_errc`, named "net".
inline const std::error_category& net_category() {
  class category final : public std::error_category {
  public:
    const char* name() const noexcept override { return "net"; }
    std::string message(int code) const override {
      return std::string{to_text(static_cast<net_errc>(code))};
    }
  };
  static const category instance;
  return instance;
}

inline std::error_code make_error_code(net_errc x) {
  return {static_cast<int>(x), net_category()};
}

} // namespace troupe::net

template <>
struct std::is_error_code_enum<troupe::net::net_errc> : std::true_type {};
