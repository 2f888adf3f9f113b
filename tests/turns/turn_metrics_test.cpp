#define CAF_SUITE turn_metrics
#include <caf/test/bdd_dsl.hpp>

#include "actors/telemetry/metrics_endpoint_run.hpp"
#include "tests/actors/model_client/ws_peer.hpp"
#include "tests/net/raw_peer.hpp"
#include "tests/turns/simulated_provider.hpp"
#include "tests/turns/thread_driver.hpp"

#include <string>

using namespace troupe;
using namespace troupe::test;

namespace {

/// A thread of a node that serves metrics.
struct measured_thread : thread_driver {
  explicit measured_thread(const std::string& base_url) : thread_driver(base_url) {
    options.metrics_port = 0;
  }

  /// Over WebSocket, and the server's own timings are asked for.
  void use_websocket() {
    provider().supports_websockets = true;
    enable(config::feature::responses_websockets);
    enable(config::feature::runtime_metrics);
  }

  /// The page as a scraper sees it.
  std::string page() {
    auto peer = net::test::raw_connection::to(node().metrics()->port());
    peer.write("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
    return peer.read_message();
  }

  /// The number behind a series; -1: there is no such series.
  double value(std::string_view series) {
    const auto all = page();
    const auto at = all.find("\n" + std::string{series} + ' ');
    return at == std::string::npos ? -1 : std::stod(all.substr(at + series.size() + 2));
  }

  bool becomes(std::string_view series, double x) {
    return comes_true([&] { return value(series) == x; });
  }
};

} // namespace

SCENARIO("a WebSocket request with two events counts as one and two, and not at all as HTTP") {
  testing::ws_peer peer{{{.replies = {{.texts = {R"({"type":"response.created","response":{}})",
                                                 testing::ws_completed("r")}}}}}};
  measured_thread thread{peer.base_url()};
  thread.use_websocket();
  thread.take_turn("Go.");
  // That a message is sent may be noticed after its answer.
  CHECK(thread.becomes(R"(codex_websocket_request_total{success="true"})", 1));
  CHECK_EQ(thread.value(R"(codex_websocket_event_total{kind="response.created",success="true"})"),
           1);
  CHECK_EQ(thread.value(R"(codex_websocket_event_total{kind="response.completed",success="true"})"),
           1);
  const auto page = thread.page();
  std::size_t series = 0;
  for (auto at = page.find("\ncodex_websocket_event_total{"); at != std::string::npos;
       at = page.find("\ncodex_websocket_event_total{", at + 1))
    ++series;
  CHECK_EQ(series, 2u);
  CHECK_EQ(page.find("codex_api_request_total{"), std::string::npos);
  CHECK_EQ(page.find("codex_sse_event_total{"), std::string::npos);
}

SCENARIO("the timings that a server tells reach their six histograms") {
  testing::ws_peer peer{
    {{.replies = {{.texts = {R"({"type":"responsesapi.websocket_timing","timing_metrics":{)"
                             R"("responses_duration_excl_engine_and_client_tool_time_ms":11,)"
                             R"("engine_service_total_ms":22.4,"engine_iapi_ttft_total_ms":33,)"
                             R"("engine_service_ttft_total_ms":44,)"
                             R"("engine_iapi_tbt_across_engine_calls_ms":54.5,)"
                             R"("engine_service_tbt_across_engine_calls_ms":66}})",
                             testing::ws_completed("r")}}}}}};
  measured_thread thread{peer.base_url()};
  thread.use_websocket();
  thread.take_turn("Go.");
  CHECK_EQ(peer.handshakes()[0].headers.find("x-responsesapi-include-timing-metrics").value_or(""),
           "true");
  const std::pair<std::string, double> expected[] = {
    {"overhead", 11},         {"inference_time", 22},
    {"engine_iapi_ttft", 33}, {"engine_service_ttft", 44},
    {"engine_iapi_tbt", 55},  {"engine_service_tbt", 66}};
  for (const auto& [name, sum] : expected) {
    CHECK_EQ(thread.value("codex_responses_api_" + name + "_duration_ms_sum"), sum);
    CHECK_EQ(thread.value("codex_responses_api_" + name + "_duration_ms_count"), 1);
  }
}

SCENARIO("attempts that reach nobody count without a status") {
  const auto nobody = net::test::raw_server{}.url("/v1"); // closed by now
  measured_thread thread{nobody};
  thread.provider().request_max_retries = 1;
  thread.provider().stream_max_retries = 0;
  CHECK_EQ(thread.take_turn("Are you there?").all<turn_error>().size(), 1u);
  CHECK_EQ(thread.value(R"(codex_api_request_total{status="none",success="false"})"), 2);
}

SCENARIO("an attempt that is answered counts with its status") {
  simulated_provider provider{R"toml(
[[rule]]
reply = [{ message = "Here I am." }]
[[fault]]
kind = "status"
status = 503
when = { attempt = { max = 1 } }
)toml"};
  measured_thread thread{provider.base_url()};
  thread.take_turn("Are you there?");
  CHECK_EQ(thread.value(R"(codex_api_request_total{status="503",success="false"})"), 1);
  CHECK_EQ(thread.value(R"(codex_api_request_total{status="200",success="true"})"), 1);
  CHECK_EQ(thread.value(R"(codex_api_request_total{status="none",success="false"})"), -1);
}
