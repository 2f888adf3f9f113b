#include "actors/telemetry/otel_settings.hpp"

#include <charconv>
#include <string_view>
#include <utility>

namespace troupe::telemetry {

namespace {

std::string_view trimmed(std::string_view x) {
  const auto first = x.find_first_not_of(" \t");
  if (first == std::string_view::npos)
    return {};
  return x.substr(first, x.find_last_not_of(" \t") - first + 1);
}

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

std::optional<std::string> traces_url(const config::environment& env) {
  if (auto complete = config::non_blank(env, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"))
    return complete;
  auto base = config::non_blank(env, "OTEL_EXPORTER_OTLP_ENDPOINT");
  if (!base)
    return std::nullopt;
  while (base->ends_with('/'))
    base->pop_back();
  return *base + "/v1/traces";
}

} // namespace

std::optional<otel_settings> read_otel_settings(const config::environment& env) {
  if (config::non_blank(env, "OTEL_SDK_DISABLED") == "true" ||
      config::non_blank(env, "OTEL_TRACES_EXPORTER") == "none")
    return std::nullopt;
  auto url = traces_url(env);
  if (!url)
    return std::nullopt;
  otel_settings result{.url = std::move(*url)};
  if (const auto headers = config::non_blank(env, "OTEL_EXPORTER_OTLP_HEADERS"))
    result.headers = headers_of(*headers);
  if (auto service = config::non_blank(env, "OTEL_SERVICE_NAME"))
    result.service = std::move(*service);
  return result;
}

} // namespace troupe::telemetry
