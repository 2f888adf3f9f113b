#pragma once

#include "net/wire/url.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::net {

/// An HTTP proxy.
struct proxy_address {
  std::string host;
  std::uint16_t port = 0;
  std::string name;          ///< "http://proxy.example:3128": for messages, without credentials
  std::string authorization; ///< value of `Proxy-Authorization`, empty without; a secret

  bool operator==(const proxy_address&) const = default;
};

/// Hosts that are reached without a proxy: a comma list in which each entry is `*` (all), a host or
/// domain (itself and everything below it, with or without a leading dot), an address, or a block
/// of addresses such as 10.0.0.0/8. Host, domain and address may have a port: "h:8080",
/// "[::1]:8080". What is neither matches nothing.
class no_proxy_list {
public:
  no_proxy_list() = default;
  explicit no_proxy_list(std::string_view text);

  /// `host`: lower case, an IPv6 address without brackets (as in `http_url`).
  bool matches(std::string_view host, std::uint16_t port) const;

private:
  struct rule {
    std::string domain;                ///< without leading dot; empty: all hosts
    std::vector<std::uint8_t> address; ///< 4 or 16 bytes; empty: a domain
    unsigned prefix_bits = 0;          ///< of `address`
    std::optional<std::uint16_t> port;
  };

  static std::optional<rule> parse(std::string_view text);

  std::vector<rule> rules_;
};

/// What NO_PROXY is when it is not set. To send these through a proxy, too, set it to anything
/// else.
inline constexpr std::string_view loopback_hosts = "localhost, 127.0.0.0/8, ::1";

/// Which proxy serves which URL, as the environment variables say that most programs know:
/// HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY, each in upper case, then in lower case; blank
/// ones count as unset. A value is "[http://][user:password@]host[:port]"; port 80 when none is
/// given. Without NO_PROXY the hosts of this machine (`loopback_hosts`) are reached directly,
/// because a local model server or simulator is not where a proxy is. Other kinds of proxies
/// (https, socks) are refused when one would be used.
class proxy_rules {
public:
  using environment = std::function<std::optional<std::string>(std::string_view)>;

  /// What the URL is for: WebSockets have an order of their own (contract responses-client, section
  /// 10.2).
  enum class traffic { http, websocket };

  struct choice {
    std::optional<proxy_address> proxy; ///< none: the origin is reached directly
    std::string error; ///< not empty: a proxy is configured and unusable; names the variable
  };

  /// No proxies.
  proxy_rules() = default;

  /// CODEX_SANDBOX=seatbelt means no proxies (contract, section 3.1). HTTP_PROXY is ignored when
  /// REQUEST_METHOD is set: there a header of a request, `Proxy`, becomes that variable (CGI).
  static proxy_rules from_environment(const environment& variables);

  /// Of this process.
  static proxy_rules from_environment();

  choice pick(const http_url& target, traffic kind) const;

private:
  struct setting {
    std::string variable;
    choice result;
  };
  using slot = std::optional<setting>;

  static slot read(const environment& variables, std::string_view upper, std::string_view lower);

  slot http_;
  slot https_;
  slot all_;
  no_proxy_list direct_;
};

} // namespace troupe::net
