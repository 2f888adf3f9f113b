#define CAF_SUITE client_metrics
#include <caf/test/bdd_dsl.hpp>

#include "actors/telemetry/client_metrics.hpp"
#include "actors/telemetry/event_kinds.hpp"

#include <caf/telemetry/collector/prometheus.hpp>
#include <caf/telemetry/metric_registry.hpp>

#include <string>
#include <string_view>

using namespace std::literals;
using namespace troupe;
using model_client::event_report;
using model_client::request_report;

namespace {

struct fixture {
  caf::telemetry::metric_registry registry;
  telemetry::client_metrics metrics{registry};
  model_client::call_facts call{.thread = {}, .provider = "mock", .model = "gpt"};

  std::string text() {
    caf::telemetry::collector::prometheus collector;
    const auto result = collector.collect_from(registry);
    return {result.data(), result.size()};
  }

  /// The number behind a series; -1: there is no such series.
  double value(std::string_view series) {
    const auto all = "\n" + text();
    const auto at = all.find("\n" + std::string{series} + ' ');
    return at == std::string::npos ? -1 : std::stod(all.substr(at + series.size() + 2));
  }
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("attempts are counted by status and success, with their durations") {
  metrics.on_request(call, {.status = 200, .duration = 1500us});
  metrics.on_request(call, {.status = 200, .duration = 20ms});
  metrics.on_request(call, {.status = 503, .error = "busy", .duration = 7ms});
  metrics.on_request(call, {.error = "no route", .duration = 1s});
  CHECK_EQ(value(R"(codex_api_request_total{status="200",success="true"})"), 2);
  CHECK_EQ(value(R"(codex_api_request_total{status="503",success="false"})"), 1);
  CHECK_EQ(value(R"(codex_api_request_total{status="none",success="false"})"), 1);
  CHECK_EQ(value(R"(codex_api_request_duration_ms_count{status="200",success="true"})"), 2);
  CHECK_EQ(value(R"(codex_api_request_duration_ms_sum{status="200",success="true"})"), 21.5);
}

SCENARIO("a duration counts in the first bucket that holds it") {
  metrics.on_sse_poll(call, {.kind = "message", .duration = 5ms});
  metrics.on_sse_poll(call, {.kind = "message", .duration = 301s});
  const auto all = text();
  const auto bucket = [&all](std::string_view bound) {
    const auto line = all.find("le=\"" + std::string{bound});
    REQUIRE(line != std::string::npos);
    return std::stod(all.substr(all.find("} ", line) + 2));
  };
  CHECK_EQ(bucket("1"), 0);
  CHECK_EQ(bucket("5"), 1);
  CHECK_EQ(bucket("300000"), 1);
  CHECK_EQ(bucket("+Inf"), 2);
}

SCENARIO("events of a stream are counted by kind and success") {
  for (int i = 0; i < 3; ++i)
    metrics.on_sse_poll(call, {.kind = "response.completed", .duration = 1ms});
  metrics.on_sse_poll(call, {.kind = "unknown", .is_success = false, .error = "cut"});
  metrics.on_ws_event(call, {.kind = "parse_error", .is_success = false});
  CHECK_EQ(value(R"(codex_sse_event_total{kind="response.completed",success="true"})"), 3);
  CHECK_EQ(value(R"(codex_sse_event_total{kind="unknown",success="false"})"), 1);
  CHECK_EQ(value(R"(codex_websocket_event_total{kind="parse_error",success="false"})"), 1);
  CHECK_EQ(value(R"(codex_sse_event_duration_ms_sum{kind="response.completed",success="true"})"),
           3);
}

SCENARIO("a server that invents kinds and statuses does not make the registry grow") {
  for (int i = 0; i < 1000; ++i) {
    metrics.on_sse_poll(call, {.kind = "made-up-" + std::to_string(i)});
    metrics.on_request(call, {.status = 600 + i});
  }
  CHECK_EQ(value(R"(codex_sse_event_total{kind="other",success="true"})"), 1000);
  CHECK_EQ(value(R"(codex_api_request_total{status="other",success="false"})"), 1000);
  CHECK_EQ(text().find("made-up"), std::string::npos);
}

SCENARIO("requests over WebSocket are counted by success") {
  metrics.on_ws_request(call, {.duration = 2ms});
  metrics.on_ws_request(call, {.error = "closed", .duration = 1ms});
  CHECK_EQ(value(R"(codex_websocket_request_total{success="true"})"), 1);
  CHECK_EQ(value(R"(codex_websocket_request_total{success="false"})"), 1);
}

SCENARIO("a server's own timings feed a histogram each; absent ones feed nothing") {
  metrics.on_server_timings(call, {{120, {}, 7, {}, {}, 3}});
  CHECK_EQ(value("codex_responses_api_overhead_duration_ms_sum"), 120);
  CHECK_EQ(value("codex_responses_api_inference_time_duration_ms_count"), -1);
  CHECK_EQ(value("codex_responses_api_engine_iapi_ttft_duration_ms_sum"), 7);
  CHECK_EQ(value("codex_responses_api_engine_service_tbt_duration_ms_count"), 1);
}

SCENARIO("completed responses add up their tokens") {
  metrics.on_completed(call, token_usage{100, 20, 10, 5, 110});
  metrics.on_completed(call, token_usage{50, 0, 1, 0, 51});
  metrics.on_completed(call, std::nullopt);
  CHECK_EQ(value(R"(codex_tokens_total{type="input"})"), 150);
  CHECK_EQ(value(R"(codex_tokens_total{type="cached_input"})"), 20);
  CHECK_EQ(value(R"(codex_tokens_total{type="output"})"), 11);
  CHECK_EQ(value(R"(codex_tokens_total{type="reasoning_output"})"), 5);
}

SCENARIO("each thread that gives WebSockets up is counted") {
  metrics.on_fallback_to_http(call.thread);
  CHECK_EQ(value(R"(codex_transport_fallback_to_http_total{from_wire_api="responses_websocket"})"),
           1);
}

END_FIXTURE_SCOPE()
