#pragma once

#include "config/providers.hpp"
#include "config/shell_environment.hpp"

#include <set>
#include <string>

/// Variables of the environment that hold what this program logs in with. Tools have no use for
/// them, and what a tool prints goes to the provider, into events and into rollouts.
namespace troupe::config {

using variable_names = std::set<std::string, std::less<>>;

/// OPENAI_API_KEY, CODEX_API_KEY and its like, the headers of OpenTelemetry's exporters, and of all
/// `providers` `env_key` and what `env_http_headers` names.
variable_names credential_names(const provider_table& providers);

/// `from` without those of `names`, and without user and password in the addresses of providers and
/// collectors that are variables (OPENAI_BASE_URL, CODEX_OSS_BASE_URL,
/// OTEL_EXPORTER_OTLP_*ENDPOINT).
variables without_credentials(variables from, const variable_names& names);

/// `from` without user and password in the addresses of proxies (`http_proxy` and so on): for
/// processes that have no network.
variables without_proxy_passwords(variables from);

} // namespace troupe::config
