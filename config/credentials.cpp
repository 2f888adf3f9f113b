#include "config/credentials.hpp"

#include "config/home.hpp"
#include "config/text_file.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace troupe::config {

namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

constexpr std::array<std::pair<std::string_view, auth_mode>, 3> mode_names{
  {{"apikey", auth_mode::api_key},
   {"chatgpt", auth_mode::chatgpt},
   {"chatgptAuthTokens", auth_mode::chatgpt_external}}};

std::string_view name_of(auth_mode mode) {
  return mode_names[static_cast<std::size_t>(mode)].first;
}

/// The field as a string; none when it is missing, null or something else.
std::optional<std::string> text_at(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  if (value == nullptr || !value->is_string())
    return std::nullopt;
  return std::string{value->get_string()};
}

bool holds_other_than_text(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value != nullptr && !value->is_null() && !value->is_string();
}

const json::object* object_at(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value == nullptr ? nullptr : value->if_object();
}

int base64url_digit(char c) {
  if (c >= 'A' && c <= 'Z')
    return c - 'A';
  if (c >= 'a' && c <= 'z')
    return c - 'a' + 26;
  if (c >= '0' && c <= '9')
    return c - '0' + 52;
  return c == '-' ? 62 : c == '_' ? 63 : -1;
}

// Without padding; a length of 4n+1 and left-over bits that are not zero are no base64.
std::optional<std::string> decode_base64url(std::string_view text) {
  std::string result;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const int digit = base64url_digit(c);
    if (digit < 0)
      return std::nullopt;
    bits = (bits << 6) | static_cast<std::uint32_t>(digit);
    count += 6;
    if (count >= 8) {
      count -= 8;
      result.push_back(static_cast<char>((bits >> count) & 0xff));
    }
  }
  if (count == 6 || (bits & ((1U << count) - 1)) != 0)
    return std::nullopt;
  return result;
}

std::optional<json::object> parse_object(std::string_view text) {
  boost::system::error_code error;
  auto value = json::parse(text, error);
  if (error || !value.is_object())
    return std::nullopt;
  return std::move(value.get_object());
}

id_claims claims_of(const json::object& payload) {
  id_claims result;
  result.email = text_at(payload, "email");
  if (!result.email)
    if (const auto* profile = object_at(payload, "https://api.openai.com/profile"))
      result.email = text_at(*profile, "email");
  const auto* auth = object_at(payload, "https://api.openai.com/auth");
  if (auth == nullptr)
    return result;
  result.plan = text_at(*auth, "chatgpt_plan_type");
  result.user_id = text_at(*auth, "chatgpt_user_id");
  if (!result.user_id)
    result.user_id = text_at(*auth, "user_id");
  result.account_id = text_at(*auth, "chatgpt_account_id");
  return result;
}

std::variant<token_set, credential_error> parse_tokens(const json::object& object) {
  const auto id = text_at(object, "id_token");
  const auto access = text_at(object, "access_token");
  const auto refresh = text_at(object, "refresh_token");
  if (!id || !access || !refresh || holds_other_than_text(object, "account_id"))
    return credential_error{"`tokens` is incomplete"};
  auto claims = parse_id_token(*id);
  if (!claims)
    return credential_error{"`tokens.id_token` is not a readable token"};
  return token_set{secret{*id}, secret{*access}, secret{*refresh}, text_at(object, "account_id"),
                   std::move(*claims)};
}

json::value text_or_null(const std::optional<std::string>& text) {
  return text ? json::value(*text) : json::value(nullptr);
}

constexpr std::string_view how_to_replace_a_broken_file =
  "`troupe logout` removes the file, `troupe login --with-api-key` stores a new login in its place";

} // namespace

std::optional<id_claims> parse_id_token(std::string_view jwt) {
  std::array<std::string_view, 3> parts;
  for (auto& part : parts) {
    const auto dot = jwt.find('.');
    part = jwt.substr(0, dot);
    if (part.empty())
      return std::nullopt;
    jwt = dot == std::string_view::npos ? std::string_view{} : jwt.substr(dot + 1);
  }
  const auto text = decode_base64url(parts[1]);
  const auto payload = text ? parse_object(*text) : std::nullopt;
  if (!payload)
    return std::nullopt;
  return claims_of(*payload);
}

bool is_workspace_plan(std::string_view plan) {
  return plan == "team" || plan == "business" || plan == "enterprise" || plan == "edu";
}

auth_mode login::mode() const {
  return stated_mode.value_or(api_key ? auth_mode::api_key : auth_mode::chatgpt);
}

login_kind kind_of(const std::optional<login>& x) {
  if (!x)
    return login_kind::none;
  return x->mode() == auth_mode::api_key ? login_kind::api_key : login_kind::chatgpt;
}

login_kind kind_of(login_mode x) {
  switch (x) {
  case login_mode::none: return login_kind::none;
  case login_mode::api_key: return login_kind::api_key;
  case login_mode::chatgpt:
  case login_mode::chatgpt_external: return login_kind::chatgpt;
  }
  return login_kind::none; // unreachable; keeps GCC content
}

std::string masked_key(const secret& key) {
  constexpr std::size_t head = 8;
  constexpr std::size_t tail = 5;
  const auto& text = key.reveal();
  const auto is_plain = [](char c) { return c > ' ' && c <= '~'; };
  if (text.size() <= head + tail || !std::ranges::all_of(text, is_plain))
    return "***"; // a terminal must not get what a stranger put into the file
  return fmt::format("{}***{}", text.substr(0, head), text.substr(text.size() - tail));
}

std::variant<login, credential_error> parse_login(std::string_view text) {
  const auto object = parse_object(text);
  if (!object)
    return credential_error{"it is not a JSON object"};
  for (const auto* key : {"auth_mode", "OPENAI_API_KEY", "last_refresh"})
    if (holds_other_than_text(*object, key))
      return credential_error{fmt::format("`{}` is not a string", key)};
  login result;
  if (const auto name = text_at(*object, "auth_mode")) {
    const auto found = std::ranges::find(mode_names, *name, [](const auto& x) { return x.first; });
    if (found == mode_names.end())
      return credential_error{"`auth_mode` is none of `apikey`, `chatgpt`, `chatgptAuthTokens`"};
    result.stated_mode = found->second;
  }
  if (auto key = text_at(*object, "OPENAI_API_KEY"))
    result.api_key = secret{std::move(*key)};
  result.last_refresh = text_at(*object, "last_refresh");
  if (const auto* tokens = object->if_contains("tokens"); tokens && !tokens->is_null()) {
    if (!tokens->is_object())
      return credential_error{"`tokens` is not an object"};
    auto parsed = parse_tokens(tokens->get_object());
    if (const auto* error = std::get_if<credential_error>(&parsed))
      return *error;
    result.tokens = std::get<token_set>(std::move(parsed));
  }
  if (result.mode() == auth_mode::api_key && !result.api_key)
    return credential_error{"`auth_mode` is `apikey`, but there is no `OPENAI_API_KEY`"};
  return result;
}

std::string print_login(const login& x) {
  // By hand, because Boost.JSON does not print with indentation and people read this file.
  std::vector<std::string> lines;
  const auto quoted = [](const json::value& value) { return json::serialize(value); };
  if (x.stated_mode)
    lines.push_back(fmt::format("  \"auth_mode\": \"{}\"", name_of(*x.stated_mode)));
  lines.push_back(fmt::format(
    "  \"OPENAI_API_KEY\": {}",
    quoted(text_or_null(x.api_key ? std::optional{x.api_key->reveal()} : std::nullopt))));
  if (x.tokens)
    lines.push_back(
      fmt::format("  \"tokens\": {{\n    \"id_token\": {},\n    \"access_token\": {},\n"
                  "    \"refresh_token\": {},\n    \"account_id\": {}\n  }}",
                  quoted(json::value(x.tokens->id_token.reveal())),
                  quoted(json::value(x.tokens->access_token.reveal())),
                  quoted(json::value(x.tokens->refresh_token.reveal())),
                  quoted(text_or_null(x.tokens->account_id))));
  if (x.last_refresh)
    lines.push_back(fmt::format("  \"last_refresh\": {}", quoted(json::value(*x.last_refresh))));
  return fmt::format("{{\n{}\n}}\n", fmt::join(lines, ",\n"));
}

std::variant<std::optional<login>, credential_error> read_login(const fs::path& home) {
  const auto file = auth_file(home);
  const auto text = read_text_file(file, max_auth_file_bytes);
  if (const auto* error = std::get_if<std::error_code>(&text)) {
    if (*error == std::errc::no_such_file_or_directory)
      return std::optional<login>{};
    return credential_error{fmt::format("cannot read {}: {}", file.string(), error->message())};
  }
  auto parsed = parse_login(std::get<std::string>(text));
  if (const auto* error = std::get_if<credential_error>(&parsed))
    return credential_error{fmt::format("cannot read {}: {}. {}", file.string(), error->message,
                                        how_to_replace_a_broken_file)};
  return std::optional{std::get<login>(std::move(parsed))};
}

std::error_code save_login(const fs::path& home, const login& x) {
  if (const auto error = create_home(home))
    return error;
  return write_private_file(auth_file(home), print_login(x));
}

std::variant<logout_result, std::error_code> remove_login(const fs::path& home) {
  std::error_code error;
  const auto removed = fs::remove(auth_file(home), error);
  if (error)
    return error;
  return removed ? logout_result::removed : logout_result::was_not_logged_in;
}

login_snapshot snapshot_of(const std::optional<login>& x, std::uint64_t generation) {
  login_snapshot result;
  result.generation = generation;
  if (!x)
    return result;
  if (x->mode() == auth_mode::api_key) {
    result.mode = login_mode::api_key;
    result.token = x->api_key.value_or(secret{});
    return result;
  }
  const auto is_managed = x->mode() == auth_mode::chatgpt;
  result.mode = is_managed ? login_mode::chatgpt : login_mode::chatgpt_external;
  result.repair = is_managed ? login_repair::possible : login_repair::impossible;
  if (x->tokens && x->last_refresh) {
    result.token = x->tokens->access_token;
    result.account_id = x->tokens->account_id;
  } else {
    result.problem = "the stored ChatGPT login holds no usable tokens; log in again";
  }
  return result;
}

namespace {

bool is_variable_name(std::string_view x) {
  constexpr std::string_view digits = "0123456789";
  constexpr std::string_view known =
    "_ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  return !x.empty() && digits.find(x.front()) == digits.npos &&
         x.find_first_not_of(known) == x.npos;
}

/// What is no name may be the key itself, put there by mistake.
credential_error missing_variable(const provider& x) {
  if (!is_variable_name(*x.env_key))
    return {
      "`env_key` of the provider is not the name of an environment variable: it takes the NAME "
      "of the variable that holds the key, not the key"};
  return {fmt::format("Missing environment variable: `{}`.{}{}", *x.env_key,
                      x.env_key_instructions ? " " : "", x.env_key_instructions.value_or(""))};
}

} // namespace

std::variant<credential, credential_error>
request_credential(const provider& x, const environment& env, const login_snapshot& login) {
  if (x.env_key) {
    if (auto key = non_blank(env, *x.env_key))
      return credential{secret{std::move(*key)}, std::nullopt};
    return missing_variable(x);
  }
  if (x.experimental_bearer_token)
    return credential{x.experimental_bearer_token, std::nullopt};
  if (!login.problem.empty())
    return credential_error{login.problem};
  if (login.token.empty())
    return credential{};
  return credential{login.token, login.account_id};
}

std::variant<credential, credential_error>
request_credential(const provider& x, const environment& env, const std::optional<login>& login) {
  return request_credential(x, env, snapshot_of(login, 0));
}

std::optional<std::string> refuse_login(const login& x, std::optional<login_method> forced,
                                        const std::vector<std::string>& forced_workspaces) {
  const auto is_key = x.mode() == auth_mode::api_key;
  if (forced == login_method::chatgpt && is_key)
    return "Logging in with ChatGPT is required, but an API key is in use. Logging out.";
  if (forced == login_method::api && !is_key)
    return "Logging in with an API key is required, but ChatGPT is in use. Logging out.";
  if (is_key || forced_workspaces.empty())
    return std::nullopt;
  const auto workspace = x.tokens ? x.tokens->claims.account_id : std::nullopt;
  if (workspace && std::ranges::find(forced_workspaces, *workspace) != forced_workspaces.end())
    return std::nullopt;
  return fmt::format("Logging in to workspace {} is required, but the current login belongs to {}. "
                     "Logging out.",
                     fmt::join(forced_workspaces, " or "), workspace.value_or("no workspace"));
}

} // namespace troupe::config
