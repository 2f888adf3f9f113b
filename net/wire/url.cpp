#include "net/wire/url.hpp"

#include "net/wire/ascii_text.hpp"

#include <boost/url/encode.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/pct_string_view.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>
#include <boost/url/url_view.hpp>

#include <algorithm>
#include <charconv>
#include <system_error>
#include <utility>

namespace troupe::net {

using namespace std::literals;

namespace {

constexpr std::uint16_t default_port(http_url::scheme x) {
  return x == http_url::scheme::https ? 443 : 80;
}

/// Boost.URL 1.81 lets what does not fit 16 bits wrap.
std::optional<std::uint16_t> port_number(std::string_view text) {
  std::uint16_t result = 0;
  const auto end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, result);
  return error == std::errc{} && stop == end && result != 0 ? std::optional{result} : std::nullopt;
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

std::variant<http_url, std::string_view> read_http_url(std::string_view text) {
  const auto parsed = boost::urls::parse_uri(boost::core::string_view{text.data(), text.size()});
  if (!parsed)
    return "it is no absolute URL (a space, a scheme that is missing, or a character that has to "
           "be escaped)"sv;
  const boost::urls::url_view url = *parsed;
  http_url result;
  if (url.scheme_id() == boost::urls::scheme::https)
    result.transport = http_url::scheme::https;
  else if (url.scheme_id() != boost::urls::scheme::http)
    return "its scheme is neither http nor https"sv;
  if (url.has_userinfo())
    return "it has a user or a password before the host; credentials go into headers"sv;
  if (url.host_address().empty())
    return "it has no host"sv;
  // Boost.URL 1.81 takes "http://h:8x/p" as port 8 and path "x/p".
  if (!url.encoded_path().empty() && !url.encoded_path().starts_with('/'))
    return "its port is not a number"sv;
  result.port = default_port(result.transport);
  const std::string_view written{url.port()};
  if (!written.empty()) { // "http://h:/" is legal
    const auto port = port_number(written);
    if (!port)
      return "its port is not between 1 and 65535"sv;
    result.port = *port;
  }
  result.host = lower_case(url.host_address());
  result.host_header = lower_case(std::string_view{url.encoded_host()});
  if (result.port != default_port(result.transport))
    result.host_header += ':' + std::to_string(result.port);
  result.target = target_of(url);
  return result;
}

std::optional<http_url> parse_http_url(std::string_view text) {
  auto read = read_http_url(text);
  auto* url = std::get_if<http_url>(&read);
  return url != nullptr ? std::optional{std::move(*url)} : std::nullopt;
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

std::string unescaped(std::string_view text) {
  const auto view = boost::urls::make_pct_string_view({text.data(), text.size()});
  return view ? view->decode() : std::string{text};
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
