#include "net/wire/proxy_rules.hpp"

#include "net/wire/ascii_text.hpp"
#include "net/wire/base64.hpp"

#include <boost/url/ipv4_address.hpp>
#include <boost/url/ipv6_address.hpp>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <utility>

namespace troupe::net {

namespace {

using boost::core::string_view;

template <class Number>
std::optional<Number> decimal_in(std::string_view text) {
  Number value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty())
    return std::nullopt;
  return value;
}

// Empty: not a numeric address.
std::vector<std::uint8_t> address_bytes(std::string_view text) {
  std::vector<std::uint8_t> bytes;
  const auto assign = [&](const auto& x) { bytes.assign(x.begin(), x.end()); };
  if (const auto v4 = boost::urls::parse_ipv4_address(string_view{text.data(), text.size()}))
    assign(v4->to_bytes());
  else if (const auto v6 = boost::urls::parse_ipv6_address(string_view{text.data(), text.size()}))
    assign(v6->to_bytes());
  return bytes;
}

bool is_within(const std::vector<std::uint8_t>& address, const std::vector<std::uint8_t>& block,
               unsigned prefix_bits) {
  if (address.size() != block.size())
    return false;
  for (std::size_t i = 0; i < block.size() && prefix_bits > 0; ++i) {
    const auto bits = std::min(prefix_bits, 8U);
    const auto mask = static_cast<std::uint8_t>(0xFFU << (8 - bits));
    if ((address[i] & mask) != (block[i] & mask))
      return false;
    prefix_bits -= bits;
  }
  return true;
}

std::string_view without_last_dot(std::string_view host) {
  return host.ends_with('.') ? host.substr(0, host.size() - 1) : host;
}

// "%41" is "A"; nothing when a '%' is followed by anything but two hexadecimal digits.
std::optional<std::string> percent_decoded(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      result += text[i];
      continue;
    }
    if (i + 2 >= text.size())
      return std::nullopt;
    unsigned byte = 0;
    const auto* const digits = text.data() + i + 1;
    const auto [end, error] = std::from_chars(digits, digits + 2, byte, 16);
    if (error != std::errc{} || end != digits + 2)
      return std::nullopt;
    result += static_cast<char>(byte);
    i += 2;
  }
  return result;
}

std::optional<std::string> basic_authorization(std::string_view user_info) {
  const auto colon = user_info.find(':');
  const auto user = percent_decoded(user_info.substr(0, colon));
  const auto password = percent_decoded(
    colon == std::string_view::npos ? std::string_view{} : user_info.substr(colon + 1));
  if (!user || !password)
    return std::nullopt;
  return "Basic " + to_base64(*user + ':' + *password);
}

proxy_rules::choice unusable(std::string_view variable, std::string_view why) {
  return {std::nullopt, std::string{variable} + ": " + std::string{why}};
}

proxy_rules::choice parse_proxy(std::string_view variable, std::string_view text) {
  if (const auto scheme_end = text.find("://"); scheme_end != std::string_view::npos) {
    const auto scheme = lower_case(text.substr(0, scheme_end));
    if (scheme != "http")
      return unusable(variable, "proxies of the kind \"" + scheme.substr(0, 16) +
                                  "\" are not supported; use http://");
    text.remove_prefix(scheme_end + 3);
  }
  text = text.substr(0, text.find_first_of("/?#"));
  proxy_address proxy;
  if (const auto at = text.rfind('@'); at != std::string_view::npos) {
    const auto authorization = basic_authorization(text.substr(0, at));
    if (!authorization)
      return unusable(variable, "the proxy's user or password has a bad percent escape");
    proxy.authorization = *authorization;
    text.remove_prefix(at + 1);
  }
  const auto url = parse_http_url("http://" + std::string{text});
  if (!url)
    return unusable(variable, "the proxy needs a host and a port, as in http://proxy:3128");
  proxy.host = url->host;
  proxy.port = url->port;
  proxy.name = "http://" + url->host_header;
  return {std::move(proxy), {}};
}

} // namespace

no_proxy_list::no_proxy_list(std::string_view text) {
  while (!text.empty()) {
    const auto comma = text.find(',');
    if (auto x = parse(trimmed(text.substr(0, comma))))
      rules_.push_back(std::move(*x));
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
  }
}

std::optional<no_proxy_list::rule> no_proxy_list::parse(std::string_view text) {
  rule result;
  if (text.empty())
    return std::nullopt;
  if (text == "*")
    return result;
  const auto slash = text.find('/');
  if (slash == std::string_view::npos && address_bytes(text).empty()) {
    // An IPv6 address without brackets has been recognised above, so a colon begins a port.
    const auto colon = text.ends_with(']') ? std::string_view::npos : text.rfind(':');
    if (colon != std::string_view::npos) {
      result.port = decimal_in<std::uint16_t>(text.substr(colon + 1));
      if (!result.port)
        return std::nullopt;
      text = text.substr(0, colon);
    }
    if (text.starts_with('[') && text.ends_with(']'))
      text = text.substr(1, text.size() - 2);
  }
  result.address = address_bytes(text.substr(0, slash));
  if (!result.address.empty()) {
    const auto all_bits = static_cast<unsigned>(8 * result.address.size());
    const auto bits = slash == std::string_view::npos
                        ? std::optional{all_bits}
                        : decimal_in<unsigned>(text.substr(slash + 1));
    if (!bits || *bits > all_bits)
      return std::nullopt;
    result.prefix_bits = *bits;
    return result;
  }
  if (text.starts_with("*."))
    text.remove_prefix(1);
  if (text.starts_with('.'))
    text.remove_prefix(1);
  result.domain = lower_case(without_last_dot(text));
  if (result.domain.empty() || slash != std::string_view::npos)
    return std::nullopt;
  return result;
}

bool no_proxy_list::matches(std::string_view host, std::uint16_t port) const {
  const auto address = address_bytes(host);
  const auto name = without_last_dot(host);
  return std::ranges::any_of(rules_, [&](const rule& x) {
    if (x.port && *x.port != port)
      return false;
    if (!x.address.empty())
      return is_within(address, x.address, x.prefix_bits);
    if (x.domain.empty())
      return true;
    return address.empty() && name.ends_with(x.domain) &&
           (name.size() == x.domain.size() || name[name.size() - x.domain.size() - 1] == '.');
  });
}

proxy_rules::slot proxy_rules::read(const environment& variables, std::string_view upper,
                                    std::string_view lower) {
  for (const auto name : {upper, lower}) {
    const auto value = variables(name);
    if (value && !trimmed(*value).empty())
      return setting{std::string{name}, parse_proxy(name, trimmed(*value))};
  }
  return std::nullopt;
}

proxy_rules proxy_rules::from_environment(const environment& variables) {
  proxy_rules rules;
  if (variables("CODEX_SANDBOX") == "seatbelt")
    return rules;
  if (!variables("REQUEST_METHOD"))
    rules.http_ = read(variables, "HTTP_PROXY", "http_proxy");
  rules.https_ = read(variables, "HTTPS_PROXY", "https_proxy");
  rules.all_ = read(variables, "ALL_PROXY", "all_proxy");
  rules.direct_ = no_proxy_list{loopback_hosts};
  for (const auto* name : {"NO_PROXY", "no_proxy"})
    if (const auto value = variables(name); value && !trimmed(*value).empty()) {
      rules.direct_ = no_proxy_list{*value};
      break;
    }
  return rules;
}

proxy_rules proxy_rules::from_environment() {
  return from_environment([](std::string_view name) -> std::optional<std::string> {
    const char* value = std::getenv(std::string{name}.c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>{value};
  });
}

proxy_rules::choice proxy_rules::pick(const http_url& target, traffic kind) const {
  const bool is_secure = target.transport == http_url::scheme::https;
  const slot* chosen = is_secure ? &https_ : &http_;
  if (!*chosen && is_secure && kind == traffic::websocket)
    chosen = &http_;
  if (!*chosen)
    chosen = &all_;
  if (!*chosen || direct_.matches(target.host, target.port))
    return {};
  return (*chosen)->result;
}

} // namespace troupe::net
