#pragma once

#include "config/config_error.hpp"
#include "config/environment.hpp"
#include "net/wire/headers.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

/// Where spans of OpenTelemetry go: `[otel]` of config.toml, else the variables of OpenTelemetry.
namespace troupe::config {

struct load_request;

/// Whether spans may carry what users write. Off unless asked for by name: a collector is another
/// place that texts go to.
enum class prompt_logging : std::uint8_t { off, on };

struct otel_settings {
  std::string url; ///< of the collector's traces, complete
  net::header_list headers;
  std::string service = "troupe";
  std::string environment; ///< "prod" and so on; empty: not told
  prompt_logging prompts = prompt_logging::off;
};

/// What the variables say: `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` (complete), else
/// `OTEL_EXPORTER_OTLP_ENDPOINT` (`/v1/traces` is added), with `OTEL_EXPORTER_OTLP_HEADERS`
/// (`name=value,...`, percent-encoded; unreadable ones are left out) and `OTEL_SERVICE_NAME`. None
/// without an endpoint, with `OTEL_SDK_DISABLED=true` and with `OTEL_TRACES_EXPORTER=none`.
std::optional<otel_settings> otel_of(const environment& env);

/// What all layers of config.toml say in `[otel]`, and the variables where they name no exporter:
/// `trace_exporter`, else `exporter`, is "none" or a table `otlp-http` with `endpoint`
/// (`/v1/traces` is added unless it ends so; `/v1/logs` gives way to it) and `headers`;
/// `environment`; `log_user_prompt`. Other exporters are an error. Reads the files again.
std::variant<std::optional<otel_settings>, config_error> load_otel(const load_request& request);

} // namespace troupe::config
