#include "net/wire/url.hpp"

#include "net/wire/ascii_text.hpp"

#include <boost/url/encode.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/pct_string_view.hpp>
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

std::string unescaped(std::string_view text) {
  const auto view = boost::urls::make_pct_string_view({text.data(), text.size()});
  return view ? view->decode() : std::string{text};
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

std::string shown_url(std::string_view url) {
  constexpr std::string_view mark = "://";
  url = url.substr(0, url.find_first_of("?#"));
  const auto scheme = url.find(mark);
  const auto start = scheme == std::string_view::npos ? 0 : scheme + mark.size();
  const auto user = url.substr(start, url.find('/', start) - start).rfind('@');
  const auto host = user == std::string_view::npos ? start : start + user + 1;
  return std::string{url.substr(0, start)}.append(url.substr(host));
}

std::string without_query_values(std::string text, std::string_view url) {
  constexpr std::size_t shortest_secret = 6;
  const auto question = url.find('?');
  auto query = question == std::string_view::npos ? std::string_view{} : url.substr(question + 1);
  query = query.substr(0, query.find('#'));
  while (!query.empty()) {
    const auto parameter = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(parameter.size() + 1, query.size()));
    const auto equals = parameter.find('=');
    if (equals == std::string_view::npos || parameter.substr(0, equals).ends_with("version"))
      continue;
    const std::string escaped{parameter.substr(equals + 1)};
    for (const auto& value : {escaped, unescaped(escaped)})
      if (value.size() >= shortest_secret)
        for (auto at = text.find(value); at != std::string::npos; at = text.find(value, at + 1))
          text.replace(at, value.size(), "***");
  }
  return text;
}

} // namespace troupe::net
