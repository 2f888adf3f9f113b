#pragma once

#include "actors/telemetry/turn_spans.hpp"
#include "config/environment.hpp"
#include "net/wire/headers.hpp"

#include <optional>
#include <string>

namespace troupe::telemetry {

/// Where spans go and what they carry.
struct otel_settings {
  std::string url; ///< of the collector's traces, complete
  net::header_list headers;
  std::string service = "troupe";
  std::string environment; ///< "prod" and so on; empty: not told
  prompts texts = prompts::hide;
};

/// What the variables of OpenTelemetry say: `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` (complete), else
/// `OTEL_EXPORTER_OTLP_ENDPOINT` (`/v1/traces` is added), with `OTEL_EXPORTER_OTLP_HEADERS`
/// (`name=value,...`, percent-encoded; unreadable ones are left out) and `OTEL_SERVICE_NAME`. None
/// without an endpoint, with `OTEL_SDK_DISABLED=true` and with `OTEL_TRACES_EXPORTER=none`.
std::optional<otel_settings> read_otel_settings(const config::environment& env);

} // namespace troupe::telemetry
