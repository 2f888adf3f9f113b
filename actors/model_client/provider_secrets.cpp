#include "actors/model_client/provider_secrets.hpp"

#include "config/credentials.hpp"
#include "net/wire/ascii_text.hpp"
#include "net/wire/url.hpp"

#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>

#include <algorithm>
#include <array>
#include <utility>
#include <variant>

namespace troupe::model_client {

namespace {

constexpr std::string_view mask = "***";

void replace_all(std::string& text, std::string_view what, std::string_view by) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
}

std::string percent_escaped(std::string_view value) {
  constexpr std::string_view lead = "?k=";
  return net::with_query("", {{"k", std::string{value}}}).substr(lead.size());
}

std::string json_escaped(std::string_view value) {
  const auto text = boost::json::serialize(boost::json::string{value});
  return text.substr(1, text.size() - 2);
}

std::string_view without_space(std::string_view x) {
  constexpr std::string_view space = " \t\r\n";
  const auto first = x.find_first_not_of(space);
  if (first == std::string_view::npos)
    return {};
  return x.substr(first, x.find_last_not_of(space) - first + 1);
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
  value = without_space(value);
  if (value.size() < shortest)
    return;
  auto plain = net::unescaped(value);
  for (const auto& text : {std::string{value}, std::move(plain)}) {
    auto escaped = percent_escaped(text);
    auto form = escaped;
    replace_all(form, "%20", "+");
    auto json = json_escaped(text);
    auto slashes = json;
    replace_all(slashes, "/", "\\/");
    for (auto* x : {&escaped, &form, &json, &slashes})
      add_form(std::move(*x));
    add_form(text);
  }
}

/// The longest first: one may be part of another.
void secret_values::add_form(std::string form) {
  const auto at =
    std::ranges::find_if(forms_, [&form](const std::string& x) { return x.size() <= form.size(); });
  if (form.size() >= shortest && std::ranges::find(forms_, form) == forms_.end())
    forms_.insert(at, std::move(form));
}

std::string secret_values::masked(std::string text) const {
  for (const auto& form : forms_)
    replace_all(text, form, mask);
  return text;
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
