#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace troupe::net {

/// What an HTTP client needs of a URL.
struct http_url {
  enum class scheme : bool { http, https };

  scheme transport = scheme::http;
  std::string
    host; ///< lower case, an IPv6 address without brackets: for look-up, SNI, verification
  std::uint16_t port = 0;
  std::string host_header; ///< value of `Host`: brackets for IPv6, port unless it is the default
  std::string target;      ///< path and query as sent; "/" when there is no path

  bool operator==(const http_url&) const = default;
};

/// Nothing for what is not an absolute http or https URL with a host and a port from 1 to 65535. A
/// URL with user information is refused too: it would be dropped on the way, and it is a secret in
/// a place that gets logged. A fragment is dropped, as it is never sent.
std::optional<http_url> parse_http_url(std::string_view text);

/// The same; what is not usable is said in words that quote nothing of it ("its port is ...").
std::variant<http_url, std::string_view> read_http_url(std::string_view text);

/// A ws or wss URL as the http or https URL of its handshake; others as they are. Text only.
std::string http_form_of(std::string_view websocket_url);

/// `base` without trailing '/', one '/', `path` without leading '/' (contract responses-client,
/// section 1.4). Text only, no parsing.
std::string join_url(std::string_view base, std::string_view path);

/// Parameters in order; an ordered map would lose the order of the configuration.
using query_params = std::vector<std::pair<std::string, std::string>>;

/// Appends `params` to the query of `url`: after '&' when it has one, else after '?'. Keys and
/// values are percent-escaped, unlike in the reference, where a value with '&' or a space breaks
/// the URL.
std::string with_query(std::string_view url, const query_params& params);

/// `url` as people, logs and errors get it: without query, fragment and user information, where
/// keys may be. Text only, no parsing.
std::string shown_url(std::string_view url);

/// `text` without percent-escapes; as it is when one is malformed.
std::string unescaped(std::string_view text);

/// `text` with `***` for the values of the query of `url`, as they are there and unescaped: what
/// comes back from a server may repeat what it was sent. Values that say which version of an
/// interface is meant stay, and those too short for a secret.
std::string without_query_values(std::string text, std::string_view url);

} // namespace troupe::net
