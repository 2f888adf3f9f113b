// URLs, proxy variables, exceptions and redirect targets come from outside: whatever they hold,
// what is accepted is usable, a password never gets into a name or an error, and a redirect never
// takes credentials to another place.
#include "net/wire/proxy_rules.hpp"
#include "net/wire/redirect.hpp"
#include "net/wire/url.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace troupe::net;

void require(bool holds) {
  if (!holds)
    std::abort();
}

void check_url(std::string_view text) {
  const auto url = parse_http_url(text);
  if (!url)
    return;
  require(url->port != 0 && !url->host.empty() && url->target.starts_with('/'));
  // Both go into lines of a head.
  require(is_legal_header_value(url->host_header) && is_legal_header_value(url->target));
  require(url->target.find(' ') == std::string::npos);
  require(parse_http_url(http_form_of(text)).has_value());
}

void check_proxy(std::string_view value, std::string_view exceptions, std::string_view url_text) {
  const auto rules =
    proxy_rules::from_environment([&](std::string_view name) -> std::optional<std::string> {
      if (name == "ALL_PROXY")
        return "http://user:zqzqzq@" + std::string{value};
      return name == "NO_PROXY" ? std::optional{std::string{exceptions}} : std::nullopt;
    });
  const auto url = parse_http_url(url_text).value_or(parse_http_url("http://host/").value());
  const auto choice = rules.pick(url, proxy_rules::traffic::http);
  require(!choice.proxy ||
          (choice.error.empty() && !choice.proxy->host.empty() && choice.proxy->port != 0));
  require(choice.error.find("zqzqzq") == std::string::npos);
  if (choice.proxy) {
    require(choice.proxy->name.find("zqzqzq") == std::string::npos);
    require(is_legal_header_value(choice.proxy->authorization));
  }
}

void check_redirect(std::string_view location) {
  redirect_trail::request from{"POST", "https://origin.example/a?b", {}};
  from.headers.add("Authorization", "secret");
  const auto way = redirect_trail{1}.follow(from, 307, location);
  const auto* step = std::get_if<redirect_trail::step>(&way);
  if (step == nullptr)
    return;
  const auto url = parse_http_url(step->next.url);
  require(url && url->transport == http_url::scheme::https);
  require(step->next.headers.contains("Authorization") ==
          (url->host == "origin.example" && url->port == 443));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(bytes), size};
  const auto end = std::min(text.find('\n'), size);
  const auto first = text.substr(0, end);
  const auto rest = text.substr(std::min(end + 1, size));
  check_url(first);
  check_proxy(first, rest, rest);
  check_proxy("proxy:3128", first, rest);
  check_redirect(first);
  return 0;
}
