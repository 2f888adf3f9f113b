#pragma once

#include "config/config_error.hpp"
#include "config/environment.hpp"
#include "config/secret.hpp"
#include "messages/wire_enum.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// Where model requests go (contracts responses-client.md 1, config.md 7).
namespace troupe::config {

/// A header of a request: name as configured, value as sent.
struct header {
  std::string name;
  std::string value;
  bool operator==(const header&) const = default;
};

/// What a user allows at most, at a provider or at all of them together. Absent: what the providers
/// allow. Positive.
struct request_limits {
  std::optional<std::uint64_t> requests_per_minute; ///< in any minute, repeated ones included
  std::optional<std::uint64_t> tokens_per_minute;   ///< of requests, estimated from their length
  std::optional<std::uint64_t> max_streams;         ///< under way at once; more wait their turn
  std::optional<std::uint64_t> max_connections;     ///< in use at once, per host and port

  bool operator==(const request_limits&) const = default;
};

/// Whether a provider's certificate must be of a trusted authority and for its host. Nothing but
/// the key of that name in a file of the user or of the system, or in `-c`, switches it off.
enum class tls_verification : std::uint8_t { off, on };

} // namespace troupe::config

template <>
struct troupe::enum_texts<troupe::config::tls_verification> {
  static constexpr auto values = std::to_array<std::string_view>({"off", "on"});
};

namespace troupe::config {

/// One entry of `[model_providers]`. The retry counts are what counts: default applied, capped.
struct provider {
  static constexpr std::uint32_t default_request_retries = 4;
  static constexpr std::uint32_t default_stream_retries = 5;
  static constexpr std::uint32_t max_retries = 100;
  static constexpr std::chrono::milliseconds default_stream_idle_timeout{300'000};
  /// A reasoning model may be silent for half an hour, hardly ever for more.
  static constexpr int progress_per_idle = 5;
  static constexpr std::chrono::hours default_response_timeout{4};

  std::string name; ///< shown to people; drives `is_openai` and `is_azure`
  std::optional<std::string> base_url;
  std::optional<std::string> env_key; ///< variable that holds the API key
  std::optional<std::string> env_key_instructions;
  std::optional<secret> experimental_bearer_token;
  std::map<std::string, std::string> query_params;
  std::map<std::string, std::string> http_headers;
  std::map<std::string, std::string> env_http_headers; ///< header name to variable name
  std::uint32_t request_max_retries = default_request_retries;
  std::uint32_t stream_max_retries = default_stream_retries;
  std::chrono::milliseconds stream_idle_timeout = default_stream_idle_timeout;
  /// Within a response, without an event of the response itself: what only shows that the peer
  /// lives restarts the idle limit, not this one. None: `progress_per_idle` times the idle limit.
  std::optional<std::chrono::milliseconds> stream_progress_timeout;
  /// Of a whole response.
  std::chrono::milliseconds response_timeout = default_response_timeout;
  bool requires_openai_auth = false;
  bool supports_websockets = false;
  /// Has a list of models like OpenAI's; otherwise nothing is listed and nothing asked for.
  bool lists_models = true;
  /// A simulator in this process: its list is neither asked for nor kept. Not a setting.
  bool is_simulated = false;
  request_limits limits;
  config::tls_verification tls_verification = config::tls_verification::on;

  bool operator==(const provider&) const = default;
};

std::chrono::milliseconds progress_timeout(const provider& x);

using provider_table = std::map<std::string, provider, std::less<>>;

inline constexpr std::string_view default_provider_id = "openai";

struct builtin_provider_settings {
  std::string client_version;                 ///< header `version` of the provider `openai`
  std::optional<std::string> openai_base_url; ///< config key; wins over OPENAI_BASE_URL
};

/// `openai`, `ollama` and `lmstudio`. The environment is read now, not per request.
provider_table builtin_providers(const environment& env, const builtin_provider_settings& settings);

/// Is `id` taken by a built-in provider? A user entry with such an id is ignored.
bool is_builtin_provider(std::string_view id);

/// The entry, or `unknown_provider` with ``Model provider `ID` not found`` (the retired id
/// `ollama-chat` has its own text).
std::variant<provider, config_error> select_provider(const provider_table& table,
                                                     std::string_view id);

/// The text that refuses a `wire_api` other than `responses`; none when it is accepted.
std::optional<std::string> refuse_wire_api(std::string_view value);

/// What users are told of a provider whose certificate is not verified.
std::string unverified_provider_warning(std::string_view id);

/// The model that `--oss` uses when none is named; none for other providers.
std::optional<std::string> local_provider_model(std::string_view provider_id);

/// What the current login is, as far as the address of a request depends on it.
enum class login_kind : std::uint8_t { none, api_key, chatgpt };

/// The root of the API, with all trailing slashes removed.
std::string api_root(const provider& x, login_kind login);

/// `api_root` + `/` + `path` + the provider's query parameters, percent-escaped.
std::string endpoint(const provider& x, login_kind login, std::string_view path);

/// Static headers, then those from the environment whose variable is set and not blank; a later one
/// replaces an earlier one of the same name. Entries that are no legal header are skipped.
std::vector<header> provider_headers(const provider& x, const environment& env);

bool is_legal_header_name(std::string_view name);
/// No control characters but tab; bytes beyond ASCII are legal.
bool is_legal_header_value(std::string_view value);

/// Named exactly `OpenAI`: remote compaction and compressed bodies are allowed.
bool is_openai(const provider& x);
/// By name or address: requests carry `store: true` and item ids.
bool is_azure(const provider& x);

} // namespace troupe::config
