#include "config/providers.hpp"

#include "config/text_file.hpp"
#include "net/wire/url.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

namespace troupe::config {

namespace {

constexpr std::string_view chatgpt_root = "https://chatgpt.com/backend-api/codex";
constexpr std::string_view openai_root = "https://api.openai.com/v1";
constexpr std::string_view wire_api_discussion = "https://github.com/openai/codex/discussions/7782";

struct local_provider {
  std::string_view id;
  std::uint16_t port;
  std::string_view model;
};

constexpr std::array<local_provider, 2> local_providers{
  {{"ollama", 11434, "gpt-oss:20b"}, {"lmstudio", 1234, "openai/gpt-oss-20b"}}};

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), [](char c) { return lower(c); });
  return result;
}

bool same_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(
    a, b, {}, [](char c) { return lower(c); }, [](char c) { return lower(c); });
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  text = trimmed(text);
  std::uint16_t port = 0;
  const auto end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, port);
  if (error != std::errc{} || stop != end)
    return std::nullopt;
  return port;
}

provider make_openai(const environment& env, const builtin_provider_settings& settings) {
  provider result;
  result.name = "OpenAI";
  if (settings.openai_base_url && !trimmed(*settings.openai_base_url).empty())
    result.base_url = settings.openai_base_url;
  else
    result.base_url = non_blank(env, "OPENAI_BASE_URL");
  result.http_headers = {{"version", settings.client_version}};
  result.env_http_headers = {{"OpenAI-Organization", "OPENAI_ORGANIZATION"},
                             {"OpenAI-Project", "OPENAI_PROJECT"}};
  result.requires_openai_auth = true;
  result.supports_websockets = true;
  return result;
}

provider make_local(const environment& env, std::uint16_t default_port) {
  provider result;
  result.name = "gpt-oss";
  result.base_url = non_blank(env, "CODEX_OSS_BASE_URL");
  if (result.base_url)
    return result;
  const auto port = non_blank(env, "CODEX_OSS_PORT");
  result.base_url = fmt::format("http://localhost:{}/v1",
                                (port ? parse_port(*port) : std::nullopt).value_or(default_port));
  return result;
}

std::string_view without_trailing_slashes(std::string_view text) {
  while (text.ends_with('/'))
    text.remove_suffix(1);
  return text;
}

void put(std::vector<header>& headers, header x) {
  const auto same = [&](const header& other) { return same_ignoring_case(other.name, x.name); };
  const auto found = std::ranges::find_if(headers, same);
  if (found == headers.end())
    headers.push_back(std::move(x));
  else
    *found = std::move(x);
}

} // namespace

provider_table builtin_providers(const environment& env,
                                 const builtin_provider_settings& settings) {
  provider_table result;
  result.emplace(default_provider_id, make_openai(env, settings));
  for (const auto& local : local_providers)
    result.emplace(local.id, make_local(env, local.port));
  return result;
}

bool is_builtin_provider(std::string_view id) {
  return id == default_provider_id || local_provider_model(id).has_value();
}

std::variant<provider, config_error> select_provider(const provider_table& table,
                                                     std::string_view id) {
  const auto found = table.find(id);
  if (found != table.end())
    return found->second;
  if (id == "ollama-chat")
    return config_error{
      config_errc::unknown_provider,
      fmt::format("Model provider `ollama-chat` was retired together with the chat "
                  "wire API; set `model_provider = \"ollama\"`. Background: {}",
                  wire_api_discussion)};
  return config_error{config_errc::unknown_provider,
                      fmt::format("Model provider `{}` not found", id)};
}

std::optional<std::string> refuse_wire_api(std::string_view value) {
  if (value == "responses")
    return std::nullopt;
  if (value == "chat")
    return fmt::format("`wire_api = \"chat\"` is not supported any more; set `wire_api = "
                       "\"responses\"` for this provider. Background: {}",
                       wire_api_discussion);
  return fmt::format("unknown variant `{}` of `wire_api`, expected `responses`", value);
}

std::string unverified_provider_warning(std::string_view id) {
  return fmt::format("the certificate of the model provider `{}` is not verified "
                     "(tls_verification = \"off\"): whoever is on the way can read the requests, "
                     "their credentials too, and change the answers",
                     id);
}

std::optional<std::string> local_provider_model(std::string_view provider_id) {
  const auto found = std::ranges::find(local_providers, provider_id, &local_provider::id);
  if (found == local_providers.end())
    return std::nullopt;
  return std::string{found->model};
}

std::string api_root(const provider& x, login_kind login) {
  if (x.base_url)
    return std::string{without_trailing_slashes(*x.base_url)};
  return std::string{login == login_kind::chatgpt ? chatgpt_root : openai_root};
}

std::string endpoint(const provider& x, login_kind login, std::string_view path) {
  return net::with_query(net::join_url(api_root(x, login), path),
                         {x.query_params.begin(), x.query_params.end()});
}

std::vector<header> provider_headers(const provider& x, const environment& env) {
  std::vector<header> result;
  const auto add = [&](const std::string& name, const std::string& value) {
    if (is_legal_header_name(name) && is_legal_header_value(value))
      put(result, {name, value});
  };
  for (const auto& [name, value] : x.http_headers)
    add(name, value);
  for (const auto& [name, variable] : x.env_http_headers)
    if (const auto value = non_blank(env, variable))
      add(name, *value);
  return result;
}

bool is_legal_header_name(std::string_view name) {
  // The token characters of RFC 9110.
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return !name.empty() && std::ranges::all_of(name, [&](char c) {
    const auto l = lower(c);
    return (l >= 'a' && l <= 'z') || (c >= '0' && c <= '9') || marks.find(c) != marks.npos;
  });
}

bool is_legal_header_value(std::string_view value) {
  return std::ranges::all_of(value, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
  });
}

std::chrono::milliseconds progress_timeout(const provider& x) {
  constexpr auto factor = provider::progress_per_idle;
  constexpr auto longest = std::chrono::milliseconds::max() / factor;
  return x.stream_progress_timeout.value_or(std::min(x.stream_idle_timeout, longest) * factor);
}

bool is_openai(const provider& x) {
  return x.name == "OpenAI";
}

bool is_azure(const provider& x) {
  constexpr auto marks =
    std::to_array<std::string_view>({"openai.azure.", "cognitiveservices.azure.", "aoai.azure.",
                                     "azure-api.", "azurefd.", "windows.net/openai"});
  if (same_ignoring_case(x.name, "azure"))
    return true;
  const auto url = lower(x.base_url.value_or(""));
  return std::ranges::any_of(marks,
                             [&](std::string_view mark) { return url.find(mark) != url.npos; });
}

} // namespace troupe::config
