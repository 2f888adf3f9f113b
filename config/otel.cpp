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

/// Of an endpoint of all signals, or already of one of them.
std::string traces_below(std::string url) {
  constexpr std::string_view logs = "/v1/logs";
  constexpr std::string_view traces = "/v1/traces";
  while (url.ends_with('/'))
    url.pop_back();
  if (url.ends_with(traces))
    return url;
  if (url.ends_with(logs))
    url.resize(url.size() - logs.size());
  return url.append(traces);
}

std::optional<std::string> traces_url(const environment& env) {
  if (auto complete = non_blank(env, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"))
    return complete;
  auto base = non_blank(env, "OTEL_EXPORTER_OTLP_ENDPOINT");
  if (!base)
    return std::nullopt;
  return traces_below(std::move(*base));
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

std::optional<otel_settings> read_otel(const table_reader& otel, const environment& env) {
  const auto* key = otel.find("trace_exporter") != nullptr ? "trace_exporter" : "exporter";
  auto result = otel.find(key) == nullptr ? otel_of(env) : std::nullopt;
  if (const auto exporter = exporter_of(otel, key)) {
    result.emplace();
    auto endpoint = exporter->text("endpoint");
    if (!endpoint || trimmed(*endpoint).empty())
      exporter->refuse("endpoint", "the exporter needs an `endpoint`");
    else
      result->url = traces_below(std::move(*endpoint));
    for (const auto& [name, value] : exporter->text_map("headers").value_or(no_headers{}))
      result->headers.set(name, value);
  }
  const auto name = otel.text("environment");
  const auto log_prompts = otel.boolean("log_user_prompt").value_or(false);
  if (!result)
    return std::nullopt;
  result->environment = name.value_or("");
  result->prompts = log_prompts ? prompt_logging::on : prompt_logging::off;
  return result;
}

} // namespace

std::optional<otel_settings> otel_of(const environment& env) {
  if (non_blank(env, "OTEL_SDK_DISABLED") == "true" ||
      non_blank(env, "OTEL_TRACES_EXPORTER") == "none")
    return std::nullopt;
  auto url = traces_url(env);
  if (!url)
    return std::nullopt;
  otel_settings result{.url = std::move(*url)};
  if (const auto headers = non_blank(env, "OTEL_EXPORTER_OTLP_HEADERS"))
    result.headers = headers_of(*headers);
  if (auto service = non_blank(env, "OTEL_SERVICE_NAME"))
    result.service = std::move(*service);
  return result;
}

std::variant<std::optional<otel_settings>, config_error> load_otel(const load_request& request) {
  auto layers = read_layers(request);
  if (auto* error = std::get_if<config_error>(&layers))
    return std::move(*error);
  const table_reader root{std::get<layered_settings>(layers).settings};
  auto result = read_otel(root.table("otel"), request.env);
  if (root.error())
    return *root.error();
  return result;
}

} // namespace troupe::config
