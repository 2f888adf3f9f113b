#define CAF_SUITE event_reports
#include <caf/test/bdd_dsl.hpp>

#include "actors/model_client/event_reports.hpp"

using namespace troupe;
using namespace troupe::model_client;

SCENARIO("an SSE event is reported by its name") {
  const net::sse_event event{R"({"type":"x"})", "response.created"};
  CHECK_EQ(report_of(event).kind, "response.created");
  CHECK(report_of(event).is_success);
  const net::sse_event unnamed{"{}", ""};
  CHECK_EQ(report_of(unnamed).kind, "message");
}

SCENARIO("what is not JSON is a failure, but for the mark of the end") {
  const net::sse_event garbage{"nonsense", "a"};
  CHECK(!report_of(garbage).is_success);
  CHECK(!report_of(garbage).error.empty());
  const net::sse_event done{"[DONE]", ""};
  CHECK(report_of(done).is_success);
  const net::sse_event failed{"{}", "response.failed"};
  CHECK(!report_of(failed).is_success);
}

SCENARIO("a WebSocket message is reported by its type") {
  CHECK_EQ(report_of_message(R"({"type":"response.created"})").kind, "response.created");
  CHECK(report_of_message(R"({"type":"response.created"})").is_success);
  CHECK(!report_of_message(R"({"type":"response.failed"})").is_success);
  CHECK_EQ(report_of_message("nonsense").kind, "parse_error");
  CHECK(!report_of_message("nonsense").is_success);
  CHECK_EQ(report_of_message("{}").kind, "unknown");
}

SCENARIO("a server's timings reach their six places") {
  const auto x = read_server_timings(
    R"({"type":"responsesapi.websocket_timing","timing_metrics":{)"
    R"("responses_duration_excl_engine_and_client_tool_time_ms":1.4,"engine_service_total_ms":2.5,)"
    R"("engine_iapi_ttft_total_ms":3,"engine_service_ttft_total_ms":4,)"
    R"("engine_iapi_tbt_across_engine_calls_ms":5,"engine_service_tbt_across_engine_calls_ms":6,)"
    R"("other":7}})");
  REQUIRE(x.has_value());
  CHECK(*x == (server_timings{1, 3, 3, 4, 5, 6}));
}

SCENARIO("timings that make no sense are left out") {
  const auto x =
    read_server_timings(R"({"type":"responsesapi.websocket_timing","timing_metrics":{)"
                        R"("engine_service_total_ms":-1,"engine_iapi_ttft_total_ms":"3",)"
                        R"("engine_service_ttft_total_ms":1e300}})");
  REQUIRE(x.has_value());
  CHECK(*x == server_timings{});
}

SCENARIO("other messages have no timings") {
  CHECK(!read_server_timings(R"({"type":"response.created","timing_metrics":{}})"));
  CHECK(!read_server_timings(R"({"type":"responsesapi.websocket_timing","timing_metrics":1})"));
  CHECK(!read_server_timings(R"({"type":"responsesapi.websocket_timing"})"));
  CHECK(!read_server_timings("nonsense"));
}
