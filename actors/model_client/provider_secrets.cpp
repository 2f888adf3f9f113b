#include "actors/model_client/provider_secrets.hpp"

#include "config/credentials.hpp"
#include "net/wire/ascii_text.hpp"
#include "net/wire/url.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <variant>

namespace troupe::model_client {

namespace {

constexpr std::string_view mask = "***";

std::optional<unsigned> hex_digit(char c) {
  if (c >= '0' && c <= '9')
    return static_cast<unsigned>(c - '0');
  const char lower = static_cast<char>(c | 0x20);
  if (lower >= 'a' && lower <= 'f')
    return static_cast<unsigned>(lower - 'a' + 10);
  return std::nullopt;
}

/// Whether `text` goes on with `lead` and the hexadecimal digits of `value`, whatever their case.
bool spells(std::string_view text, std::string_view lead, std::size_t digits, unsigned value) {
  if (!text.starts_with(lead) || text.size() < lead.size() + digits)
    return false;
  unsigned found = 0;
  for (const char c : text.substr(lead.size(), digits)) {
    const auto digit = hex_digit(c);
    if (!digit)
      return false;
    found = found * 16 + *digit;
  }
  return found == value;
}

/// How many bytes at the start of `text` stand for the byte `c`, in any form that addresses and
/// JSON write it in; 0: something else stands there.
std::size_t written_length(std::string_view text, char c) {
  const auto value = static_cast<unsigned char>(c);
  if (spells(text, "%", 2, value))
    return 3;
  if (value < 0x80 && spells(text, "\\u", 4, value))
    return 6;
  const bool has_short_escape = c == '"' || c == '\\' || c == '/';
  if (has_short_escape && text.size() > 1 && text[0] == '\\' && text[1] == c)
    return 2;
  if (!text.empty() && (text[0] == c || (text[0] == '+' && c == ' ')))
    return 1;
  return 0;
}

/// How many bytes at the start of `text` stand for `value`; 0: it does not stand there.
std::size_t written_length(std::string_view text, std::string_view value) {
  std::size_t result = 0;
  for (const char c : value) {
    const auto length = written_length(text.substr(result), c);
    if (length == 0)
      return 0;
    result += length;
  }
  return result;
}

/// Headers, and parameters, whose values are no secrets.
bool is_public(std::string_view name) {
  constexpr auto names = std::to_array<std::string_view>(
    {"accept", "accept-encoding", "accept-language", "content-type", "content-encoding",
     "openai-beta", "originator", "user-agent"});
  const auto lower = net::lower_case(name);
  return lower.ends_with("version") || std::ranges::find(names, lower) != names.end();
}

/// What stands between the first `://` and the host, and in the query.
void add_parts_of_address(std::string_view url, secret_values& out) {
  constexpr std::string_view mark = "://";
  url = url.substr(0, url.find('#'));
  const auto scheme = url.find(mark);
  auto rest = scheme == std::string_view::npos ? url : url.substr(scheme + mark.size());
  const auto place = rest.substr(0, rest.find_first_of("/?"));
  if (const auto at = place.rfind('@'); at != std::string_view::npos) {
    const auto user = place.substr(0, at);
    const auto colon = user.find(':');
    out.add(user.substr(0, colon));
    if (colon != std::string_view::npos)
      out.add(user.substr(colon + 1));
  }
  const auto question = rest.find('?');
  rest = question == std::string_view::npos ? std::string_view{} : rest.substr(question + 1);
  while (!rest.empty()) {
    // A second `?` begins the parameters of a base URL that has some itself.
    const auto parameter = rest.substr(0, rest.find_first_of("&?"));
    rest.remove_prefix(std::min(parameter.size() + 1, rest.size()));
    const auto equals = parameter.find('=');
    if (equals != std::string_view::npos && !is_public(parameter.substr(0, equals)))
      out.add(parameter.substr(equals + 1));
  }
}

} // namespace

void secret_values::add(std::string_view value) {
  value = net::trimmed(value);
  if (value.size() < shortest)
    return;
  add_value(std::string{value});
  add_value(net::unescaped(value));
}

void secret_values::add_value(std::string value) {
  if (value.size() >= shortest && std::ranges::find(values_, value) == values_.end())
    values_.push_back(std::move(value));
}

/// The longest at each place: one may be part of another.
std::string secret_values::masked(std::string text) const {
  std::string result;
  std::string_view rest = text;
  while (!rest.empty() && !values_.empty()) {
    std::size_t length = 0;
    for (const auto& value : values_)
      length = std::max(length, written_length(rest, value));
    if (length > 0)
      result += mask;
    else
      result += rest[length++];
    rest.remove_prefix(length);
  }
  return result.empty() ? text : result;
}

net::header_list secret_values::masked(const net::header_list& x) const {
  net::header_list result;
  for (const auto& [name, value] : x)
    result.add(name, masked(value));
  return result;
}

std::optional<model_error> secret_values::masked(std::optional<model_error> x) const {
  if (x) {
    x->message = masked(std::move(x->message));
    x->capped_model = masked(std::move(x->capped_model));
  }
  return x;
}

secret_values secrets_of(const config::provider& x, const config::environment& env,
                         const login_snapshot& login) {
  secret_values result;
  const auto carried = config::request_credential(x, env, login);
  if (const auto* credential = std::get_if<config::credential>(&carried);
      credential != nullptr && credential->token)
    result.add(credential->token->reveal());
  for (const auto& [name, value] : config::provider_headers(x, env)) {
    if (is_public(name))
      continue;
    result.add(value);
    // "Bearer KEY", "Basic KEY": what is repeated may be the key alone.
    if (const auto space = value.find(' '); space != std::string::npos)
      result.add(std::string_view{value}.substr(space + 1));
  }
  add_parts_of_address(x.base_url.value_or(""), result);
  for (const auto& [name, value] : x.query_params)
    if (!is_public(name))
      result.add(value);
  return result;
}

} // namespace troupe::model_client
