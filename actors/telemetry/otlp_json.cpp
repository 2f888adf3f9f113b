#include "actors/telemetry/otlp_json.hpp"

#include "messages/json/writer.hpp"

#include <chrono>
#include <cstdint>
#include <string_view>
#include <variant>

namespace troupe::telemetry {

namespace {

template <std::size_t N>
std::string hexadecimal(const std::array<std::uint8_t, N>& x) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string result;
  result.reserve(N * 2);
  for (const auto byte : x) {
    result += digits[byte >> 4];
    result += digits[byte & 15];
  }
  return result;
}

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

void write(json_writer& out, const span_resource& x) {
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

} // namespace

std::string otlp_json(const span_resource& from, std::span<const span> xs) {
  std::string result;
  json_writer out{result};
  out.begin_object().key("resourceSpans").begin_array().begin_object().key("resource");
  write(out, from);
  out.key("scopeSpans").begin_array().begin_object();
  out.key("scope").begin_object().member("name", "troupe").end_object();
  out.key("spans").begin_array();
  for (const auto& x : xs)
    write(out, x);
  out.end_array().end_object().end_array();
  out.end_object().end_array().end_object();
  return result;
}

} // namespace troupe::telemetry
