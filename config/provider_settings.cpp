#include "config/provider_settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace troupe::config {

namespace {

std::uint32_t retries(const table_reader& from, std::string_view key, std::uint32_t otherwise) {
  const auto given = from.count(key);
  return given ? static_cast<std::uint32_t>(std::min<std::uint64_t>(*given, provider::max_retries))
               : otherwise;
}

std::optional<std::chrono::milliseconds> timeout(const table_reader& from, std::string_view key) {
  const auto given = from.count(key);
  if (!given)
    return std::nullopt;
  // As nanoseconds of a clock it must still fit: about 146 years.
  constexpr std::uint64_t longest = std::numeric_limits<std::int64_t>::max() / 2'000'000;
  return std::chrono::milliseconds{std::min(*given, longest)};
}

std::optional<std::chrono::milliseconds> positive_timeout(const table_reader& from,
                                                          std::string_view key) {
  const auto given = timeout(from, key);
  if (given && given->count() == 0)
    from.refuse(key, fmt::format("`{}` must be at least 1", key));
  return given;
}

/// Settings that the reference does not know; they count for built-in providers, too.
void read_response_limits(const table_reader& from, provider& to) {
  to.stream_progress_timeout = positive_timeout(from, "stream_progress_timeout_ms");
  to.response_timeout = positive_timeout(from, "response_timeout_ms").value_or(to.response_timeout);
}

constexpr auto limit_keys = std::to_array<std::string_view>(
  {"requests_per_minute", "tokens_per_minute", "max_streams", "max_connections"});

std::optional<std::uint64_t> limit(const table_reader& from, std::string_view key) {
  const auto given = from.count(key);
  if (given == 0U)
    from.refuse(key,
                fmt::format("`{}` must be at least 1; without the key there is no limit", key));
  return given;
}

request_limits read_limits(const table_reader& from) {
  return {.requests_per_minute = limit(from, "requests_per_minute"),
          .tokens_per_minute = limit(from, "tokens_per_minute"),
          .max_streams = limit(from, "max_streams"),
          .max_connections = limit(from, "max_connections")};
}

provider read_provider(const table_reader& from) {
  provider result;
  if (auto name = from.text("name"))
    result.name = std::move(*name);
  else
    from.refuse("name", "a model provider needs a `name`");
  if (const auto wire = from.text("wire_api"))
    if (const auto refusal = refuse_wire_api(*wire))
      from.refuse("wire_api", *refusal);
  result.base_url = from.text("base_url");
  result.env_key = from.text("env_key");
  result.env_key_instructions = from.text("env_key_instructions");
  if (auto token = from.text("experimental_bearer_token"))
    result.experimental_bearer_token = secret{std::move(*token)};
  result.query_params = from.text_map("query_params").value_or(result.query_params);
  result.http_headers = from.text_map("http_headers").value_or(result.http_headers);
  result.env_http_headers = from.text_map("env_http_headers").value_or(result.env_http_headers);
  result.request_max_retries =
    retries(from, "request_max_retries", provider::default_request_retries);
  result.stream_max_retries = retries(from, "stream_max_retries", provider::default_stream_retries);
  result.stream_idle_timeout =
    timeout(from, "stream_idle_timeout_ms").value_or(result.stream_idle_timeout);
  read_response_limits(from, result);
  result.requires_openai_auth = from.boolean("requires_openai_auth").value_or(false);
  result.supports_websockets = from.boolean("supports_websockets").value_or(false);
  result.lists_models = from.boolean("lists_models").value_or(true);
  result.limits = read_limits(from);
  result.tls_verification =
    from.choice<tls_verification>("tls_verification").value_or(result.tls_verification);
  return result;
}

void read_builtin(const table_reader& from, provider& to) {
  to.limits = read_limits(from);
  read_response_limits(from, to);
  if (from.find("tls_verification") != nullptr)
    from.refuse("tls_verification", "`tls_verification` is for providers of your own; choose an id "
                                    "that is not built in");
}

} // namespace

provider_table read_providers(const table_reader& providers, provider_table builtin) {
  for (const auto id : providers.keys())
    if (const auto known = builtin.find(id); known != builtin.end())
      read_builtin(providers.table(id), known->second);
    else
      builtin.emplace(id, read_provider(providers.table(id)));
  return builtin;
}

request_limits read_model_limits(const table_reader& from) {
  for (const auto key : from.keys())
    if (std::ranges::find(limit_keys, key) == limit_keys.end())
      from.refuse(
        key, fmt::format("`{}` is no limit; there are `{}`", key, fmt::join(limit_keys, "`, `")));
  return read_limits(from);
}

} // namespace troupe::config
