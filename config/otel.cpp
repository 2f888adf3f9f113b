#include "config/otel.hpp"

#include "config/layers.hpp"
#include "config/table_reader.hpp"
#include "config/text_file.hpp"

#include <charconv>
#include <map>
#include <string_view>
#include <utility>

namespace troupe::config {

namespace {

std::string percent_decoded(std::string_view x) {
  std::string result;
  for (std::size_t i = 0; i < x.size(); ++i) {
    unsigned byte = 0;
    const auto digits = x.substr(i + 1, 2);
    if (x[i] == '%' && digits.size() == 2 &&
        std::from_chars(digits.data(), digits.data() + 2, byte, 16).ptr == digits.data() + 2) {
      result += static_cast<char>(byte);
      i += 2;
    } else {
      result += x[i];
    }
  }
  return result;
}

net::header_list headers_of(std::string_view text) {
  net::header_list result;
  while (!text.empty()) {
    const auto comma = text.find(',');
    const auto entry = text.substr(0, comma);
    text = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
    if (const auto equals = entry.find('='); equals != std::string_view::npos)
      result.set(trimmed(entry.substr(0, equals)),
                 percent_decoded(trimmed(entry.substr(equals + 1))));
  }
  return result;
}

using no_headers = std::map<std::string, std::string>;

/// What differs between the signals.
struct signal_names {
  std::string_view path;
  std::string_view endpoint; ///< variables
  std::string_view exporter;
};

constexpr signal_names trace_names{"/v1/traces", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
                                   "OTEL_TRACES_EXPORTER"};
constexpr signal_names log_names{"/v1/logs", "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
                                 "OTEL_LOGS_EXPORTER"};

/// Of an endpoint of all signals, or already of one of them.
std::string signal_below(std::string url, const signal_names& wanted) {
  while (url.ends_with('/'))
    url.pop_back();
  for (const auto path : {trace_names.path, log_names.path})
    if (url.ends_with(path)) {
      url.resize(url.size() - path.size());
      break;
    }
  return url.append(wanted.path);
}

std::optional<otel_endpoint> endpoint_of(const environment& env, const signal_names& names) {
  if (non_blank(env, "OTEL_SDK_DISABLED") == "true" || non_blank(env, names.exporter) == "none")
    return std::nullopt;
  otel_endpoint result;
  if (auto complete = non_blank(env, names.endpoint))
    result.url = std::move(*complete);
  else if (auto base = non_blank(env, "OTEL_EXPORTER_OTLP_ENDPOINT"))
    result.url = signal_below(std::move(*base), names);
  else
    return std::nullopt;
  if (const auto headers = non_blank(env, "OTEL_EXPORTER_OTLP_HEADERS"))
    result.headers = headers_of(*headers);
  return result;
}

/// The exporter's table; none: spans are not wanted, or it is not known.
std::optional<table_reader> exporter_of(const table_reader& otel, std::string_view key) {
  if (!otel.holds_table(key)) {
    if (const auto word = otel.text(key); word && *word != "none")
      otel.refuse(key, "the exporter must be \"none\" or a table `otlp-http`");
    return std::nullopt;
  }
  const auto kinds = otel.table(key);
  if (kinds.holds_table("otlp-http"))
    return kinds.table("otlp-http");
  otel.refuse(key, "only the exporter `otlp-http` is there");
  return std::nullopt;
}

/// What the exporter of that key says, and the variables where there is none.
std::optional<otel_endpoint> read_endpoint(const table_reader& otel, std::string_view key,
                                           const environment& env, const signal_names& names) {
  if (otel.find(key) == nullptr)
    return endpoint_of(env, names);
  const auto exporter = exporter_of(otel, key);
  if (!exporter)
    return std::nullopt;
  otel_endpoint result;
  auto endpoint = exporter->text("endpoint");
  if (!endpoint || trimmed(*endpoint).empty())
    exporter->refuse("endpoint", "the exporter needs an `endpoint`");
  else
    result.url = signal_below(std::move(*endpoint), names);
  for (const auto& [name, value] : exporter->text_map("headers").value_or(no_headers{}))
    result.headers.set(name, value);
  return result;
}

otel_settings read_otel(const table_reader& otel, const environment& env) {
  const auto* trace_key = otel.find("trace_exporter") != nullptr ? "trace_exporter" : "exporter";
  otel_settings result{.traces = read_endpoint(otel, trace_key, env, trace_names),
                       .logs = read_endpoint(otel, "exporter", env, log_names)};
  if (auto service = non_blank(env, "OTEL_SERVICE_NAME"))
    result.service = std::move(*service);
  result.environment = otel.text("environment").value_or("");
  if (otel.boolean("log_user_prompt").value_or(false))
    result.prompts = prompt_logging::on;
  return result;
}

} // namespace

std::variant<std::optional<otel_settings>, config_error> load_otel(const load_request& request) {
  auto layers = read_layers(request);
  if (auto* error = std::get_if<config_error>(&layers))
    return std::move(*error);
  const table_reader root{std::get<layered_settings>(layers).settings};
  auto result = read_otel(root.table("otel"), request.env);
  if (root.error())
    return *root.error();
  return result.traces || result.logs ? std::optional{std::move(result)} : std::nullopt;
}

} // namespace troupe::config
