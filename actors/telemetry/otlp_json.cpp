#include "actors/telemetry/otlp_json.hpp"

#include "actors/model_client/trace_context.hpp"
#include "messages/json/writer.hpp"

#include <chrono>
#include <cstdint>
#include <string_view>
#include <variant>

namespace troupe::telemetry {

namespace {

using model_client::hexadecimal;

std::string nanoseconds(span::time_point x) {
  using std::chrono::nanoseconds;
  return std::to_string(std::chrono::duration_cast<nanoseconds>(x.time_since_epoch()).count());
}

struct value_writer {
  json_writer& out;

  void operator()(const std::string& x) const { out.member("stringValue", x); }
  void operator()(std::int64_t x) const { out.member("intValue", std::to_string(x)); }
  void operator()(bool x) const { out.key("boolValue").boolean(x); }
};

void write(json_writer& out, const attribute& x) {
  out.begin_object().member("key", x.key).key("value").begin_object();
  std::visit(value_writer{out}, x.value);
  out.end_object().end_object();
}

void write(json_writer& out, const export_source& x) {
  out.begin_object().key("attributes").begin_array();
  const std::pair<std::string_view, const std::string&> members[] = {
    {"service.name", x.service},
    {"service.version", x.version},
    {"service.instance.id", x.node},
    {"deployment.environment", x.environment}};
  for (const auto& [key, value] : members)
    if (!value.empty())
      write(out, attribute{key, value});
  out.end_array().end_object();
}

void write(json_writer& out, const span& x) {
  out.begin_object().member("traceId", hexadecimal(x.trace)).member("spanId", hexadecimal(x.id));
  if (x.parent)
    out.member("parentSpanId", hexadecimal(*x.parent));
  out.member("name", x.name)
    .member("kind", static_cast<std::int64_t>(x.kind))
    .member("startTimeUnixNano", nanoseconds(x.begin))
    .member("endTimeUnixNano", nanoseconds(x.end));
  out.key("attributes").begin_array();
  for (const auto& a : x.attributes)
    write(out, a);
  out.end_array();
  out.key("status").begin_object();
  if (x.status != span_status::unset)
    out.member("code", static_cast<std::int64_t>(x.status));
  out.end_object().end_object();
}

void write(json_writer& out, const log_record& x) {
  constexpr std::int64_t severity_info = 9;
  out.begin_object()
    .member("timeUnixNano", nanoseconds(x.at))
    .member("severityNumber", severity_info)
    .member("severityText", "INFO")
    .member("eventName", x.name);
  out.key("body").begin_object().member("stringValue", x.name).end_object();
  out.key("attributes").begin_array();
  for (const auto& a : x.attributes)
    write(out, a);
  out.end_array();
  if (x.trace)
    out.member("traceId", hexadecimal(*x.trace));
  if (x.span)
    out.member("spanId", hexadecimal(*x.span));
  out.end_object();
}

/// The names of the three lists that each signal wraps its own in.
struct wrapping {
  std::string_view resources;
  std::string_view scopes;
  std::string_view entries;
};

template <class Entry>
std::string wrapped(const export_source& from, std::span<const Entry> xs, const wrapping& names) {
  std::string result;
  json_writer out{result};
  out.begin_object().key(names.resources).begin_array().begin_object().key("resource");
  write(out, from);
  out.key(names.scopes).begin_array().begin_object();
  out.key("scope").begin_object().member("name", "troupe").end_object();
  out.key(names.entries).begin_array();
  for (const auto& x : xs)
    write(out, x);
  out.end_array().end_object().end_array();
  out.end_object().end_array().end_object();
  return result;
}

} // namespace

std::string otlp_json(const export_source& from, std::span<const span> xs) {
  return wrapped(from, xs, {"resourceSpans", "scopeSpans", "spans"});
}

std::string otlp_json(const export_source& from, std::span<const log_record> xs) {
  return wrapped(from, xs, {"resourceLogs", "scopeLogs", "logRecords"});
}

} // namespace troupe::telemetry
