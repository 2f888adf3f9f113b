#include "net/wire/local_host.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>

namespace troupe::net {

namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Four decimal numbers, the first of which is 127.
bool is_loopback_address(std::string_view text) {
  for (int part = 0; part < 4; ++part) {
    std::uint8_t number = 0;
    const auto end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc{} || (part == 0 && number != 127))
      return false;
    text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
    if (part == 3)
      return text.empty();
    if (!text.starts_with('.'))
      return false;
    text.remove_prefix(1);
  }
  return false;
}

std::string_view without_port(std::string_view authority) {
  const auto colon = authority.rfind(':');
  if (colon == std::string_view::npos || authority.ends_with(']'))
    return authority;
  const auto port = authority.substr(colon + 1);
  return std::ranges::all_of(port, is_digit) ? authority.substr(0, colon) : authority;
}

/// Host and port of "http://host:port"; none for "null" and the like.
std::optional<std::string_view> authority_of(std::string_view origin) {
  for (const std::string_view scheme : {"http://", "https://"})
    if (origin.starts_with(scheme))
      return origin.substr(scheme.size());
  return std::nullopt;
}

} // namespace

bool names_loopback(std::string_view authority) {
  const auto host = without_port(authority);
  return equals_ignoring_case(host, "localhost") || host == "[::1]" || is_loopback_address(host);
}

bool is_for_loopback(const header_list& request) {
  int hosts = 0;
  for (const auto& header : request) {
    if (equals_ignoring_case(header.name, "Host")) {
      if (++hosts > 1 || !names_loopback(header.value))
        return false;
    } else if (equals_ignoring_case(header.name, "Origin")) {
      const auto page = authority_of(header.value);
      if (!page || !names_loopback(*page))
        return false;
    }
  }
  return hosts == 1;
}

} // namespace troupe::net
