#include "config/credential_names.hpp"

#include "config/local_server.hpp"

#include <array>
#include <string_view>
#include <utility>

namespace troupe::config {

namespace {

constexpr auto fixed_names = std::to_array<std::string_view>(
  {"OPENAI_API_KEY", "CODEX_API_KEY", "CODEX_ACCESS_TOKEN", "OTEL_EXPORTER_OTLP_HEADERS",
   "OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_LOGS_HEADERS",
   "OTEL_EXPORTER_OTLP_METRICS_HEADERS"});

constexpr auto address_names = std::to_array<std::string_view>(
  {"OPENAI_BASE_URL", "CODEX_OSS_BASE_URL", "OTEL_EXPORTER_OTLP_ENDPOINT",
   "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
   "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"});

constexpr auto proxy_names =
  std::to_array<std::string_view>({"http_proxy", "https_proxy", "all_proxy", "ftp_proxy",
                                   "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "FTP_PROXY"});

template <class Names>
variables without_users(variables from, const Names& names) {
  for (const auto name : names)
    if (const auto found = from.find(std::string{name}); found != from.end())
      found->second = without_credentials(found->second);
  return from;
}

} // namespace

variable_names credential_names(const provider_table& providers) {
  variable_names result{fixed_names.begin(), fixed_names.end()};
  for (const auto& [id, provider] : providers) {
    if (provider.env_key)
      result.insert(*provider.env_key);
    for (const auto& [header, variable] : provider.env_http_headers)
      result.insert(variable);
  }
  // A name of these would leave the tools without a machine to work on.
  for (const std::string_view needed : {"PATH", "HOME", "USER", "SHELL", "LANG", "TMPDIR"})
    if (const auto found = result.find(needed); found != result.end())
      result.erase(found);
  return result;
}

variables without_credentials(variables from, const variable_names& names) {
  std::erase_if(from, [&](const auto& x) { return names.contains(x.first); });
  return without_users(std::move(from), address_names);
}

variables without_proxy_passwords(variables from) {
  return without_users(std::move(from), proxy_names);
}

} // namespace troupe::config
