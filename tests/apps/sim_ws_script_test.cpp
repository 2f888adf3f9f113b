#define CAF_SUITE sim_ws_script
#include <caf/test/bdd_dsl.hpp>

#include "apps/sim/faults.hpp"
#include "apps/sim/json_answers.hpp"
#include "apps/sim/ws_script.hpp"

#include <boost/json.hpp>

#include <optional>
#include <set>
#include <string>

using namespace troupe::sim;
using namespace std::chrono_literals;
using kind = ws_script::kind;
using ending = answer::ending;
namespace json = boost::json;

namespace {

// Three events, the last one of a completed response; 10 ms before each.
answer sample() {
  answer result;
  for (const auto* data :
       {R"({"type":"response.created"})", R"({"type":"response.output_text.delta","delta":"x"})",
        R"({"type":"response.completed"})"}) {
    result.body += "event: e\ndata: " + std::string{data} + "\n\n";
    result.events.push_back({result.body.size(), 10ms});
  }
  return result;
}

ws_script broken(fault_effect effect, std::uint64_t seed = 1) {
  auto x = sample();
  apply(effect, decision{seed}, x);
  ws_extras extras;
  extras.broken = chosen_fault{"f", std::move(effect)};
  extras.from = decision{seed};
  return script_of(x, extras);
}

fault_effect of_kind(fault_kind which, std::optional<std::uint32_t> after = {}) {
  fault_effect result;
  result.kind = which;
  result.after_events = after;
  return result;
}

std::string type_of(const ws_script::step& x) {
  return std::string{json::parse(x.payload).at("type").as_string()};
}

} // namespace

SCENARIO("every event becomes a message at its time") {
  const auto x = script_of(sample(), {});
  REQUIRE_EQ(x.steps.size(), 3u);
  CHECK_EQ(x.steps[0].payload, R"({"type":"response.created"})");
  for (const auto& step : x.steps) {
    CHECK(step.what == kind::text);
    CHECK_EQ(step.wait, 10ms);
  }
  CHECK(x.end == ending::finish);
  CHECK(x.is_completed);
}

SCENARIO("an answer without times goes out at once, one that is late as a whole waits first") {
  auto x = sample();
  x.events.clear();
  x.before_head = 30ms;
  const auto script = script_of(x, {});
  REQUIRE_EQ(script.steps.size(), 3u);
  CHECK_EQ(script.steps[0].wait, 30ms);
  CHECK_EQ(script.steps[1].wait, 0ms);
}

SCENARIO("several data lines are one message, comments are pings, the rest is text as it is") {
  answer x;
  x.body = "data: a\ndata:b\n\n: comment\n\n<html>\n\ndata: last";
  const auto script = script_of(x, {});
  REQUIRE_EQ(script.steps.size(), 4u);
  CHECK_EQ(script.steps[0].payload, "a\nb");
  CHECK(script.steps[1].what == kind::ping);
  CHECK_EQ(script.steps[2].payload, "<html>");
  CHECK_EQ(script.steps[3].payload, "last");
  CHECK(!script.is_completed);
}

SCENARIO("a slow answer sends each message when its last byte would have come") {
  auto effect = of_kind(fault_kind::slow);
  effect.bytes_per_second = 1000;
  const auto x = broken(effect);
  REQUIRE_EQ(x.steps.size(), 3u);
  std::chrono::microseconds total{0};
  for (const auto& step : x.steps)
    total += step.wait;
  const auto bytes = static_cast<std::int64_t>(sample().body.size());
  CHECK(total >= bytes * 1ms && total <= (bytes + 20) * 1ms);
  CHECK(x.steps[0].wait > 20ms); // it takes more than one piece
}

SCENARIO("a cut loses the event in which it happens") {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const auto x = broken(of_kind(fault_kind::cut), seed);
    CHECK(x.end == ending::cut);
    CHECK(!x.is_completed);
    for (const auto& step : x.steps)
      CHECK(!type_of(step).empty());
  }
  CHECK_EQ(broken(of_kind(fault_kind::cut, 2)).steps.size(), 2u);
}

SCENARIO("silence, resets and repetition stay what they are") {
  CHECK(broken(of_kind(fault_kind::stall)).end == ending::hang);
  CHECK(broken(of_kind(fault_kind::stall)).steps.empty());
  CHECK(broken(of_kind(fault_kind::reset)).end == ending::reset);
  auto effect = of_kind(fault_kind::comments, 1);
  effect.interval = 7ms;
  const auto x = broken(effect);
  CHECK(x.end == ending::repeat);
  CHECK_EQ(x.repeat_interval, 7ms);
  CHECK(x.steps.back().what == kind::ping);
}

SCENARIO("faults of messages are put between them") {
  const auto ping = broken(of_kind(fault_kind::ping, 1));
  REQUIRE_EQ(ping.steps.size(), 4u);
  CHECK(ping.steps[1].what == kind::ping);
  CHECK(ping.is_completed);
  const auto binary = broken(of_kind(fault_kind::binary, 0));
  CHECK(binary.steps[0].what == kind::binary);
  auto effect = of_kind(fault_kind::close, 2);
  effect.close_code = 1001;
  effect.reason = "away";
  const auto close = broken(effect);
  REQUIRE_EQ(close.steps.size(), 3u);
  CHECK(close.steps[2] == (ws_script::step{kind::close, "away", 1001, {}}));
  CHECK(!close.is_completed);
}

SCENARIO("a fault of messages without a place may be anywhere") {
  std::set<std::size_t> places;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const auto x = broken(of_kind(fault_kind::binary), seed);
    for (std::size_t i = 0; i < x.steps.size(); ++i)
      if (x.steps[i].what == kind::binary)
        places.insert(i);
  }
  CHECK_EQ(places.size(), 4u);
}

SCENARIO("an error status becomes an event and a close frame") {
  const auto x = script_of(error_answer(503, "down", "server_error"), {});
  REQUIRE_EQ(x.steps.size(), 2u);
  const auto event = json::parse(x.steps[0].payload);
  CHECK_EQ(event.at("type").as_string(), "error");
  CHECK_EQ(event.at("status").as_int64(), 503);
  CHECK_EQ(event.at("error").at("message").as_string(), "down");
  CHECK(x.steps[1].what == kind::close);
  answer page;
  page.status = 502;
  page.content_type = "text/html";
  page.body = "<html>\xff";
  CHECK(json::parse(script_of(page, {}).steps[0].payload).at("error").is_string());
}

SCENARIO("the figures come first, the timing before the end, only when they are asked for") {
  ws_extras extras;
  extras.subscription = R"({"type":"codex.rate_limits"})";
  extras.wants_timing = true;
  const auto x = script_of(sample(), extras);
  REQUIRE_EQ(x.steps.size(), 5u);
  CHECK_EQ(type_of(x.steps[0]), "codex.rate_limits");
  CHECK_EQ(type_of(x.steps[3]), "responsesapi.websocket_timing");
  CHECK_EQ(type_of(x.steps[4]), "response.completed");
  const auto metrics = json::parse(x.steps[3].payload).at("timing_metrics");
  CHECK_EQ(metrics.at("engine_service_total_ms").as_int64(), 30);
  CHECK_EQ(metrics.at("engine_service_ttft_total_ms").as_int64(), 10);
  CHECK_EQ(metrics.as_object().size(), 6u);
  auto cut = sample();
  apply(of_kind(fault_kind::cut, 2), decision{1}, cut);
  CHECK_EQ(script_of(cut, extras).steps.size(), 3u); // no end, no timing
}
