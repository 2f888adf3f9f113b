#include "config/provider_settings.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace troupe::config {

namespace {

std::uint32_t retries(const table_reader& from, std::string_view key, std::uint32_t otherwise) {
  const auto given = from.count(key);
  return given ? static_cast<std::uint32_t>(std::min<std::uint64_t>(*given, provider::max_retries))
               : otherwise;
}

std::chrono::milliseconds idle_timeout(const table_reader& from) {
  const auto given = from.count("stream_idle_timeout_ms");
  // As nanoseconds of a clock it must still fit: about 146 years.
  constexpr std::uint64_t longest = std::numeric_limits<std::int64_t>::max() / 2'000'000;
  return given ? std::chrono::milliseconds{std::min(*given, longest)}
               : provider::default_stream_idle_timeout;
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
  result.stream_idle_timeout = idle_timeout(from);
  result.requires_openai_auth = from.boolean("requires_openai_auth").value_or(false);
  result.supports_websockets = from.boolean("supports_websockets").value_or(false);
  return result;
}

} // namespace

provider_table read_providers(const table_reader& providers, provider_table builtin) {
  for (const auto id : providers.keys())
    if (!is_builtin_provider(id))
      builtin.emplace(id, read_provider(providers.table(id)));
  return builtin;
}

} // namespace troupe::config
