#include "net/wire/redirect.hpp"

#include "net/wire/url.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace troupe::net {

namespace {

constexpr auto body_headers = std::to_array<std::string_view>(
  {"Content-Type", "Content-Encoding", "Content-Length", "Transfer-Encoding"});

std::optional<std::string> resolved(std::string_view base, std::string_view location) {
  const auto from = boost::urls::parse_uri(boost::core::string_view{base.data(), base.size()});
  const auto to =
    boost::urls::parse_uri_reference(boost::core::string_view{location.data(), location.size()});
  boost::urls::url result;
  if (!from || !to || !boost::urls::resolve(*from, *to, result))
    return std::nullopt;
  return std::string{result.buffer()};
}

bool is_same_place(const http_url& a, const http_url& b) {
  return a.host == b.host && a.port == b.port;
}

void drop_credentials(header_list& headers) {
  const header_list all = headers;
  for (const auto& x : all)
    if (may_hold_credential(x.name))
      headers.remove(x.name);
}

} // namespace

bool is_redirect(int status) {
  switch (status) {
  case 301:
  case 302:
  case 303:
  case 307:
  case 308: return true;
  default: return false;
  }
}

std::variant<redirect_trail::step, std::string> redirect_trail::follow(request from, int status,
                                                                       std::string_view location) {
  const auto old_url = parse_http_url(from.url);
  const auto target = resolved(from.url, location);
  const auto new_url = target ? parse_http_url(*target) : std::nullopt;
  if (!old_url || !new_url)
    return shown_url(from.url) + " redirects to what is no http or https URL";
  if (left_-- <= 0)
    return shown_url(from.url) + " redirects once more after " + std::to_string(max_) +
           " redirects";
  if (old_url->transport == http_url::scheme::https && new_url->transport == http_url::scheme::http)
    return shown_url(from.url) + " redirects from https to " + shown_url(*target);
  visited_.push_back(from.method + ' ' + from.url);

  step result{{std::move(from.method), *target, std::move(from.headers)}};
  auto& next = result.next;
  if (status != 307 && status != 308) {
    result.payload = step::body::drop;
    next.method = next.method == "HEAD" ? "HEAD" : "GET";
    for (const auto name : body_headers)
      next.headers.remove(name);
  }
  next.headers.remove("Host");
  if (!is_same_place(*old_url, *new_url))
    drop_credentials(next.headers);
  if (std::ranges::find(visited_, next.method + ' ' + next.url) != visited_.end())
    return "redirect loop: " + shown_url(next.url) + " leads back to itself";
  return result;
}

} // namespace troupe::net
