#include "net/wire/ws_extensions.hpp"

#include "net/wire/ascii_text.hpp"

#include "net/wire/headers.hpp"

#include <charconv>
#include <utility>
#include <vector>

namespace troupe::net {

namespace {

constexpr std::string_view extension_name = "permessage-deflate";
constexpr std::string_view server_forgets = "server_no_context_takeover";
constexpr std::string_view client_forgets = "client_no_context_takeover";
constexpr std::string_view server_bits = "server_max_window_bits";
constexpr std::string_view client_bits = "client_max_window_bits";

// The compressor cannot do with 256 bytes.
constexpr int smallest_own_window = 9;

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto end = text.find(separator);
    parts.push_back(trimmed(text.substr(0, end)));
    if (end == std::string_view::npos)
      return parts;
    text.remove_prefix(end + 1);
  }
}

// The parameters of one extension as they stand; each at most once.
struct parameters {
  bool server_forgets = false;
  bool client_forgets = false;
  std::optional<int> server_bits;
  std::optional<int> client_bits;
  bool has_client_bits = false; // possibly without a number
};

std::optional<int> window_bits(std::string_view text) {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"')
    text = text.substr(1, text.size() - 2);
  int bits = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bits);
  if (error != std::errc{} || end != text.data() + text.size() || bits < 8 || bits > 15)
    return std::nullopt;
  return bits;
}

// False: a parameter that is unknown, repeated or malformed.
bool take(std::string_view text, parameters& into) {
  const auto equals = text.find('=');
  const auto name = trimmed(text.substr(0, equals));
  const bool has_value = equals != std::string_view::npos;
  const auto bits = has_value ? window_bits(trimmed(text.substr(equals + 1))) : std::nullopt;
  if (name == server_forgets)
    return !has_value && !std::exchange(into.server_forgets, true);
  if (name == client_forgets)
    return !has_value && !std::exchange(into.client_forgets, true);
  if (name == server_bits)
    return bits && !std::exchange(into.server_bits, bits);
  if (name != client_bits || (has_value && !bits))
    return false;
  into.client_bits = bits;
  return !std::exchange(into.has_client_bits, true);
}

std::optional<parameters> read(std::string_view extension) {
  const auto parts = split(extension, ';');
  if (!equals_ignoring_case(parts.front(), extension_name))
    return std::nullopt;
  parameters result;
  for (std::size_t i = 1; i < parts.size(); ++i)
    if (!take(parts[i], result))
      return std::nullopt;
  return result;
}

} // namespace

std::optional<ws_deflate> read_deflate_answer(std::string_view header_value) {
  const auto x = read(header_value); // a list of several cannot be read: only one was offered
  if (!x || (x->has_client_bits && !x->client_bits))
    return std::nullopt;
  using enum ws_deflate::context;
  return ws_deflate{x->client_bits.value_or(15), x->server_forgets ? per_message : kept};
}

std::optional<ws_deflate_acceptance> accept_deflate_offer(std::string_view header_value) {
  for (const auto offer : split(header_value, ',')) {
    const auto x = read(offer);
    if (!x || x->server_bits.value_or(15) < smallest_own_window)
      continue;
    using enum ws_deflate::context;
    ws_deflate_acceptance result;
    result.agreed = {x->server_bits.value_or(15), x->client_forgets ? per_message : kept};
    result.answer = extension_name;
    if (x->server_forgets)
      result.answer.append("; ").append(server_forgets);
    if (x->client_forgets)
      result.answer.append("; ").append(client_forgets);
    if (x->server_bits)
      result.answer.append("; ")
        .append(server_bits)
        .append("=")
        .append(std::to_string(*x->server_bits));
    return result;
  }
  return std::nullopt;
}

} // namespace troupe::net
