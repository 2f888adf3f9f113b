#define CAF_SUITE ws_reader
#include <caf/test/bdd_dsl.hpp>

#include "actors/model_client/rate_limit_event.hpp"
#include "actors/model_client/ws_reader.hpp"

#include <string>

using namespace troupe;
using namespace troupe::model_client;

namespace {

std::vector<model_event> read(std::string_view message) {
  ws_reader reader;
  std::vector<model_event> events;
  reader.read(message, events);
  return events;
}

std::string limits_event(const std::string& members) {
  return R"({"type":"codex.rate_limits")" + (members.empty() ? "" : "," + members) + "}";
}

std::optional<rate_limits> limits_of(const std::string& members) {
  return parse_rate_limit_event(limits_event(members));
}

constexpr std::string_view prefix = "stream disconnected before completion: ";

} // namespace

SCENARIO("messages are read like the events of a stream") {
  ws_reader reader;
  std::vector<model_event> events;
  reader.read(R"({"type":"response.created","response":{}})", events);
  reader.read("nonsense", events);
  reader.read(R"({"type":"response.output_text.delta","delta":"a"})", events);
  reader.read(R"({"type":"error","message":"of no meaning"})", events);
  CHECK(!reader.is_completed());
  reader.read(R"({"type":"response.completed","response":{"id":"r"}})", events);
  CHECK(reader.is_completed());
  CHECK(events == (std::vector<model_event>{stream_created{}, output_text_delta{"a"},
                                            response_completed{"r", std::nullopt}}));
}

SCENARIO("a failed response is an error at once") {
  ws_reader reader;
  std::vector<model_event> events;
  CHECK(!reader.error());
  reader.read(R"({"type":"response.failed","response":{"error":{"code":"insufficient_quota"}}})",
              events);
  REQUIRE(reader.error().has_value());
  CHECK_EQ(reader.error()->code, model_errc::quota_exceeded);
}

SCENARIO("rate limits come as an event, with everything in them") {
  const auto events =
    read(R"({"type":"codex.rate_limits","plan_type":"plus","rate_limits":{"primary":)"
         R"({"used_percent":42,"window_minutes":60,"reset_at":1700000000},"secondary":null},)"
         R"("credits":{"has_credits":true,"unlimited":false,"balance":"123"}})");
  REQUIRE_EQ(events.size(), 1u);
  const auto& x = std::get<rate_limits_seen>(events[0]).limits;
  CHECK(x.primary == (rate_limit_window{42, 60, 1'700'000'000}));
  CHECK(!x.secondary);
  CHECK(x.credits == (rate_limit_credits{true, false, "123"}));
  CHECK(x.plan_type == "plus");
}

SCENARIO("over SSE the same event says nothing") {
  response_reader reader;
  std::vector<model_event> events;
  reader.read(limits_event(R"("plan_type":"plus")"), events);
  CHECK(events.empty());
}

SCENARIO("parts of a rate limit event may be absent, within them something is required") {
  CHECK(limits_of("") == rate_limits{});
  CHECK(limits_of(R"("rate_limits":null,"credits":null,"plan_type":null)") == rate_limits{});
  CHECK(limits_of(R"("rate_limits":{"secondary":{"used_percent":0.5}})")->secondary ==
        (rate_limit_window{0.5, std::nullopt, std::nullopt}));
  CHECK(limits_of(R"("plan_type":"galactic")")->plan_type == "unknown");
  for (const auto* bad :
       {R"("rate_limits":{"primary":{"window_minutes":1}})", R"("rate_limits":3)",
        R"("rate_limits":{"primary":{"used_percent":"1"}})", R"("plan_type":7)",
        R"("rate_limits":{"primary":{"used_percent":1,"window_minutes":1.5}})",
        R"("credits":{"has_credits":true})", R"("credits":{"has_credits":1,"unlimited":true})"}) {
    CHECK(!limits_of(bad));
    CHECK(read(limits_event(bad)).empty());
  }
}

SCENARIO("how a WebSocket fails is said in the contract's words") {
  const auto text = [](ws_failure how, std::string_view detail = {}) {
    const auto error = ws_error(how, detail);
    CHECK_EQ(error.code, model_errc::stream);
    CHECK(error.message.starts_with(prefix));
    return error.message.substr(prefix.size());
  };
  CHECK_EQ(text(ws_failure::binary_message), "unexpected binary websocket event");
  CHECK_EQ(text(ws_failure::ping_failed), "websocket ping failed");
  CHECK_EQ(text(ws_failure::closed_by_peer),
           "websocket closed by server before response.completed");
  CHECK_EQ(text(ws_failure::socket_error, "reset"), "reset");
  CHECK_EQ(text(ws_failure::ended), "stream closed before response.completed");
  CHECK_EQ(text(ws_failure::idle), "idle timeout waiting for websocket");
  CHECK_EQ(text(ws_failure::send_failed, "broken"), "failed to send websocket request: broken");
  CHECK_EQ(text(ws_failure::closed_before), "websocket connection is closed");
  CHECK_EQ(text(ws_failure::closed_in_handshake), "websocket closed");
  CHECK_EQ(text(ws_failure::closed_in_handshake, "during it"), "websocket closed (during it)");
  CHECK_EQ(text(ws_failure::closed_by_peer, "1011: busy"),
           "websocket closed by server before response.completed (1011: busy)");
}

SCENARIO("what the handshake said comes before each response, the ETag first") {
  std::vector<model_event> events;
  handshake_facts{}.append_events(events);
  CHECK(events.empty());
  handshake_facts{.models_etag = "e", .reasoning_included = true}.append_events(events);
  CHECK(events ==
        (std::vector<model_event>{models_etag_seen{"e"}, server_reasoning_included{true}}));
}
