#define CAF_SUITE otlp_json
#include <caf/test/bdd_dsl.hpp>

#include "actors/telemetry/otlp_json.hpp"

#include <boost/json.hpp>

#include <string>

using namespace std::literals;
using namespace troupe::telemetry;

namespace {

span a_span() {
  return {.trace = {0x5b, 0x8e, 0xff, 0xf7, 0x98, 0x03, 0x81, 0x03, 0xd2, 0x69, 0xb6, 0x33, 0x81,
                    0x3f, 0xc6, 0x0c},
          .id = {0xee, 0xe1, 0x9b, 0x7e, 0xc3, 0xc1, 0xb1, 0x74},
          .parent = span_id{0, 0, 0, 0, 0, 0, 0, 1},
          .name = "command",
          .kind = span_kind::internal,
          .status = span_status::error,
          .begin = span::time_point{1544712660s},
          .end = span::time_point{1544712661s + 1us},
          .attributes = {{"text", "a\"b"s}, {"number", std::int64_t{-7}}, {"flag", true}}};
}

} // namespace

SCENARIO("a span is written as the protocol has it") {
  const span all[] = {a_span()};
  CHECK_EQ(
    otlp_json({.service = "s", .version = "1", .node = "n", .environment = "prod"}, all),
    R"({"resourceSpans":[{"resource":{"attributes":[)"
    R"({"key":"service.name","value":{"stringValue":"s"}},)"
    R"({"key":"service.version","value":{"stringValue":"1"}},)"
    R"({"key":"service.instance.id","value":{"stringValue":"n"}},)"
    R"({"key":"deployment.environment","value":{"stringValue":"prod"}}]},)"
    R"("scopeSpans":[{"scope":{"name":"troupe"},"spans":[)"
    R"({"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174",)"
    R"("parentSpanId":"0000000000000001","name":"command","kind":1,)"
    R"("startTimeUnixNano":"1544712660000000000","endTimeUnixNano":"1544712661000001000",)"
    R"("attributes":[{"key":"text","value":{"stringValue":"a\"b"}},)"
    R"({"key":"number","value":{"intValue":"-7"}},{"key":"flag","value":{"boolValue":true}}],)"
    R"("status":{"code":2}}]}]}]})");
}

SCENARIO("a log record is written as the protocol has it") {
  const auto s = a_span();
  const log_record all[] = {{.name = "codex.api_request",
                             .at = s.begin,
                             .trace = s.trace,
                             .span = s.id,
                             .attributes = {{"attempt", std::int64_t{0}}}},
                            {.name = "codex.sse_event", .at = s.end}};
  CHECK_EQ(otlp_json({.service = "s"}, all),
           R"({"resourceLogs":[{"resource":{"attributes":[)"
           R"({"key":"service.name","value":{"stringValue":"s"}}]},)"
           R"("scopeLogs":[{"scope":{"name":"troupe"},"logRecords":[)"
           R"({"timeUnixNano":"1544712660000000000","severityNumber":9,"severityText":"INFO",)"
           R"("eventName":"codex.api_request","body":{"stringValue":"codex.api_request"},)"
           R"("attributes":[{"key":"attempt","value":{"intValue":"0"}}],)"
           R"("traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174"},)"
           R"({"timeUnixNano":"1544712661000001000","severityNumber":9,"severityText":"INFO",)"
           R"("eventName":"codex.sse_event","body":{"stringValue":"codex.sse_event"},)"
           R"("attributes":[]}]}]}]})");
}

SCENARIO("what is not known is left out") {
  auto root = a_span();
  root.parent.reset();
  root.status = span_status::unset;
  const span all[] = {root};
  const auto text = otlp_json({}, all);
  CHECK_EQ(text.find("parentSpanId"), std::string::npos);
  CHECK_EQ(text.find("service.version"), std::string::npos);
  CHECK_EQ(text.find("deployment.environment"), std::string::npos);
  CHECK(text.find(R"("status":{})") != std::string::npos);
}

SCENARIO("any bytes in an attribute leave the body valid JSON") {
  auto x = a_span();
  x.attributes = {{"bytes", "\xff\x00\x1f\xc3\"\\"s}};
  const span all[] = {x, a_span(), x};
  boost::system::error_code error;
  const auto read = boost::json::parse(otlp_json({.service = "\xff"}, all), error);
  REQUIRE(!error);
  CHECK_EQ(read.at_pointer("/resourceSpans/0/scopeSpans/0/spans").as_array().size(), 3u);
}
