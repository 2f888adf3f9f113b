#pragma once

#include "config/config_error.hpp"
#include "config/environment.hpp"
#include "net/wire/headers.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

/// Where spans and log events of OpenTelemetry go: `[otel]` of config.toml, else the variables of
/// OpenTelemetry.
namespace troupe::config {

struct load_request;

/// Whether spans may carry what users write. Off unless asked for by name: a collector is another
/// place that texts go to.
enum class prompt_logging : std::uint8_t { off, on };

/// A collector, for one kind of signal.
struct otel_endpoint {
  std::string url; ///< complete
  net::header_list headers;
};

/// At least one of `traces` and `logs` is there.
struct otel_settings {
  std::optional<otel_endpoint> traces;
  std::optional<otel_endpoint> logs;
  std::string service = "troupe";
  std::string environment; ///< "prod" and so on; empty: not told
  prompt_logging prompts = prompt_logging::off;
};

/// What config.toml says in `[otel]`, but for the files of projects: `trace_exporter`, else
/// `exporter`, for traces, and `exporter` for logs, each "none" or a table `otlp-http` with
/// `endpoint` and `headers`. The path of the signal is added to the endpoint unless it ends so;
/// that of the other signal gives way to it. `environment`; `log_user_prompt`. Other exporters are
/// an error.
///
/// Where it names no exporter, the variables count; for traces, and the same with `LOGS` for logs:
/// `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` (complete), else `OTEL_EXPORTER_OTLP_ENDPOINT`
/// (`/v1/traces` is added), with `OTEL_EXPORTER_OTLP_HEADERS` (`name=value,...`, percent-encoded;
/// unreadable ones are left out); not with `OTEL_TRACES_EXPORTER=none` or `OTEL_SDK_DISABLED=true`.
/// `OTEL_SERVICE_NAME` counts in any case.
///
/// None when neither traces nor logs are to go anywhere. Reads the files again.
std::variant<std::optional<otel_settings>, config_error> load_otel(const load_request& request);

} // namespace troupe::config
