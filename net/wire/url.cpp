#include "net/wire/url.hpp"

#include "net/wire/ascii_text.hpp"

#include <boost/url/encode.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>
#include <boost/url/url_view.hpp>

#include <algorithm>

namespace troupe::net {

namespace {

constexpr std::uint16_t default_port(http_url::scheme x) {
  return x == http_url::scheme::https ? 443 : 80;
}

std::string target_of(const boost::urls::url_view& url) {
  std::string target{url.encoded_path()};
  if (target.empty())
    target = "/";
  if (url.has_query()) {
    target += '?';
    target += std::string_view{url.encoded_query()};
  }
  return target;
}

} // namespace

std::optional<http_url> parse_http_url(std::string_view text) {
  const auto parsed = boost::urls::parse_uri(boost::core::string_view{text.data(), text.size()});
  if (!parsed)
    return std::nullopt;
  const boost::urls::url_view url = *parsed;
  http_url result;
  if (url.scheme_id() == boost::urls::scheme::https)
    result.transport = http_url::scheme::https;
  else if (url.scheme_id() != boost::urls::scheme::http)
    return std::nullopt;
  if (url.has_userinfo() || url.host_address().empty())
    return std::nullopt;
  // Boost.URL 1.81 takes "http://h:8x/p" as port 8 and path "x/p".
  if (!url.encoded_path().empty() && !url.encoded_path().starts_with('/'))
    return std::nullopt;
  const bool has_port = url.has_port() && !url.port().empty(); // "http://h:/" is legal
  if (has_port && url.port_number() == 0)                      // also what does not fit 16 bits
    return std::nullopt;
  const auto usual_port = default_port(result.transport);
  result.host = lower_case(url.host_address());
  result.port = has_port ? url.port_number() : usual_port;
  result.host_header = lower_case(std::string_view{url.encoded_host()});
  if (result.port != usual_port)
    result.host_header += ':' + std::to_string(result.port);
  result.target = target_of(url);
  return result;
}

std::string http_form_of(std::string_view websocket_url) {
  const auto scheme = lower_case(websocket_url.substr(0, websocket_url.find(':')));
  if (scheme == "ws" || scheme == "wss")
    return (scheme == "ws" ? "http" : "https") + std::string{websocket_url.substr(scheme.size())};
  return std::string{websocket_url};
}

std::string join_url(std::string_view base, std::string_view path) {
  while (base.ends_with('/'))
    base.remove_suffix(1);
  while (path.starts_with('/'))
    path.remove_prefix(1);
  std::string result{base};
  result += '/';
  result += path;
  return result;
}

std::string with_query(std::string_view url, const query_params& params) {
  std::string result{url};
  char separator = url.find('?') == std::string_view::npos ? '?' : '&';
  for (const auto& [key, value] : params) {
    result += separator;
    result += boost::urls::encode(key, boost::urls::unreserved_chars);
    result += '=';
    result += boost::urls::encode(value, boost::urls::unreserved_chars);
    separator = '&';
  }
  return result;
}

} // namespace troupe::net
