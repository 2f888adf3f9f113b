#include "actors/auth_manager/token_state.hpp"

#include "actors/rollout_recorder/timestamps.hpp"
#include "config/text_file.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace troupe::auth_manager {

namespace json = boost::json;

namespace {

using config::secret;

constexpr std::string_view issuer_url = "https://auth.openai.com/oauth/token";
constexpr std::string_view url_variable = "CODEX_REFRESH_TOKEN_URL_OVERRIDE";
constexpr std::string_view client_id = "app_EMoamEEZ73f0CkXaXp7hrann";
constexpr std::string_view scope = "openid profile email";

/// Shown of a body that is not understood; an error page may be long (contract 14).
constexpr std::size_t max_shown_bytes = 1000;

constexpr std::array<std::pair<std::string_view, refusal>, 3> refusal_codes{
  {{"refresh_token_expired", refusal::expired},
   {"refresh_token_reused", refusal::exhausted},
   {"refresh_token_invalidated", refusal::revoked}}};

std::string_view permanent_text(refusal x) {
  switch (x) {
  case refusal::expired:
    return "Your login cannot be renewed because its refresh token has expired. "
           "Please log out and sign in again.";
  case refusal::exhausted:
    return "Your login cannot be renewed because its refresh token was already used. "
           "Please log out and sign in again.";
  case refusal::revoked:
    return "Your login cannot be renewed because its refresh token was revoked. "
           "Please log out and sign in again.";
  case refusal::other:
  case refusal::transient: break;
  }
  return "Your login could not be renewed. Please log out and sign in again.";
}

std::optional<json::object> parse_object(std::string_view text) {
  boost::system::error_code error;
  auto value = json::parse(text, error);
  if (error || !value.is_object())
    return std::nullopt;
  return std::move(value.get_object());
}

std::optional<std::string> text_at(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  if (value == nullptr || !value->is_string())
    return std::nullopt;
  return std::string{value->get_string()};
}

std::string lower_case(std::string text) {
  std::ranges::transform(text, text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return text;
}

/// At most that many bytes, whole UTF-8 characters.
std::string_view shortened(std::string_view text) {
  if (text.size() <= max_shown_bytes)
    return text;
  auto end = max_shown_bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80)
    --end;
  return text.substr(0, end);
}

std::string without(std::string text, const secret& hidden) {
  const auto& token = hidden.reveal();
  if (token.empty())
    return text;
  for (auto at = text.find(token); at != std::string::npos; at = text.find(token, at))
    text.replace(at, token.size(), "***");
  return text;
}

/// Where the code may stand: `error.code`, `error` itself, or at the top.
std::optional<std::string> code_of(const json::object& body) {
  if (const auto* error = body.if_contains("error")) {
    if (error->is_string())
      return std::string{error->get_string()};
    if (const auto* inner = error->if_object())
      if (auto code = text_at(*inner, "code"))
        return code;
  }
  return text_at(body, "code");
}

refusal reason_of(std::string_view body) {
  const auto object = parse_object(body);
  const auto code = object ? code_of(*object) : std::nullopt;
  if (!code)
    return refusal::other;
  const auto known =
    std::ranges::find(refusal_codes, lower_case(*code), [](const auto& x) { return x.first; });
  return known == refusal_codes.end() ? refusal::other : known->second;
}

/// Blanked before it is cut: half a token is too much, too.
std::string message_of(std::string_view body, const secret& used) {
  if (const auto object = parse_object(body))
    if (const auto* error = object->if_contains("error"))
      if (const auto* inner = error->if_object())
        if (auto message = text_at(*inner, "message"); message && !message->empty())
          return std::string{shortened(without(*std::move(message), used))};
  const auto raw = config::trimmed(body);
  return raw.empty() ? "Unknown error" : std::string{shortened(without(std::string{raw}, used))};
}

/// Reads one field of a successful answer; false when it is neither a text nor null.
bool read_token(const json::object& from, std::string_view key, std::optional<secret>& into) {
  const auto* value = from.if_contains(key);
  if (value == nullptr || value->is_null())
    return true;
  if (!value->is_string())
    return false;
  if (!value->get_string().empty())
    into = secret{std::string{value->get_string()}};
  return true;
}

std::variant<renewed_tokens, refresh_failure> read_tokens(std::string_view body) {
  const auto object = parse_object(body);
  renewed_tokens result;
  if (!object || !read_token(*object, "id_token", result.id_token) ||
      !read_token(*object, "access_token", result.access_token) ||
      !read_token(*object, "refresh_token", result.refresh_token))
    return transient_failure("the token server's answer is not readable");
  return result;
}

std::optional<rollout_recorder::sys_milliseconds> refresh_time(const config::login& x) {
  return x.last_refresh ? rollout_recorder::parse_rfc3339(*x.last_refresh) : std::nullopt;
}

} // namespace

bool is_stale(const config::login& x, time_point now) {
  if (x.mode() != config::auth_mode::chatgpt || !x.tokens || !x.last_refresh)
    return false;
  const auto time = refresh_time(x);
  return !time || std::chrono::floor<std::chrono::milliseconds>(now) - *time > stale_after;
}

std::string token_url(const config::environment& env) {
  const auto given = config::non_blank(env, url_variable);
  return given ? std::string{config::trimmed(*given)} : std::string{issuer_url};
}

std::string refresh_body(const secret& refresh_token) {
  return json::serialize(json::object{{"client_id", client_id},
                                      {"grant_type", "refresh_token"},
                                      {"refresh_token", refresh_token.reveal()},
                                      {"scope", scope}});
}

refresh_failure transient_failure(std::string_view cause) {
  return {refusal::transient, fmt::format("the login could not be renewed: {}", cause)};
}

std::variant<renewed_tokens, refresh_failure> read_refresh_answer(int status, std::string_view body,
                                                                  const secret& used) {
  if (status >= 200 && status <= 299)
    return read_tokens(body);
  if (status != 401)
    return transient_failure(message_of(body, used));
  const auto reason = reason_of(body);
  return refresh_failure{reason, std::string{permanent_text(reason)}};
}

std::string loggable_body(std::string_view body, const secret& used) {
  return std::string{shortened(without(std::string{body}, used))};
}

std::variant<config::login, refresh_failure>
with_tokens(config::login stored, const renewed_tokens& tokens, time_point now) {
  if (!stored.tokens)
    return transient_failure("nobody is logged in with ChatGPT any more");
  if (tokens.id_token) {
    auto claims = config::parse_id_token(tokens.id_token->reveal());
    if (!claims)
      return transient_failure("the token server's id token is not readable");
    stored.tokens->id_token = *tokens.id_token;
    stored.tokens->claims = *std::move(claims);
  }
  if (tokens.access_token)
    stored.tokens->access_token = *tokens.access_token;
  if (tokens.refresh_token)
    stored.tokens->refresh_token = *tokens.refresh_token;
  stored.last_refresh = time_text(now);
  return stored;
}

bool was_renewed_elsewhere(const config::login& cached, const config::login& stored) {
  const auto ours = account_of(cached);
  if (!ours || ours != account_of(stored) || stored.mode() != config::auth_mode::chatgpt)
    return false;
  if (stored.tokens->access_token == cached.tokens->access_token)
    return false;
  const auto then = refresh_time(cached);
  const auto now = refresh_time(stored);
  return now && (!then || *now > *then);
}

std::optional<config::login> external_login(const external_tokens& x, time_point now) {
  auto claims = config::parse_id_token(x.id_token.reveal());
  if (!claims)
    return std::nullopt;
  config::login result;
  result.stated_mode = config::auth_mode::chatgpt_external;
  const auto account = claims->account_id;
  result.tokens =
    config::token_set{x.id_token, x.access_token, secret{}, account, *std::move(claims)};
  result.last_refresh = time_text(now);
  return result;
}

std::optional<std::string> account_of(const std::optional<config::login>& x) {
  return x && x->mode() != config::auth_mode::api_key && x->tokens ? x->tokens->account_id
                                                                   : std::nullopt;
}

std::string time_text(time_point time) {
  const auto second = std::chrono::floor<std::chrono::seconds>(time);
  auto text = rollout_recorder::second_text(second);
  const auto rest = std::chrono::duration_cast<std::chrono::nanoseconds>(time - second);
  text.pop_back(); // the Z comes last
  return fmt::format("{}.{:09}Z", text, rest.count());
}

} // namespace troupe::auth_manager
