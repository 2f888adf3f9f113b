#define CAF_SUITE sim_faults
#include <caf/test/bdd_dsl.hpp>

#include "apps/sim/answer.hpp"
#include "apps/sim/faults.hpp"
#include "net/wire/sse_parser.hpp"

#include <set>

using namespace troupe::sim;
using namespace std::chrono_literals;
using ending = answer::ending;

namespace {

// Five events of ten bytes; the last one stands for the completed event.
answer sample() {
  answer result;
  for (char c = 'a'; c <= 'e'; ++c) {
    result.body += "data: " + std::string(2, c) + "\n\n";
    result.events.push_back({result.body.size(), {}});
  }
  return result;
}

answer with(const fault_effect& effect, std::uint64_t seed = 1) {
  auto result = sample();
  apply(effect, decision{seed}, result);
  return result;
}

fault_effect of_kind(fault_kind kind) {
  fault_effect result;
  result.kind = kind;
  return result;
}

// The places an answer claims must be in it, in order.
bool is_sound(const answer& x) {
  std::size_t before = 0;
  for (const auto& event : x.events) {
    if (event.end < before || event.end > x.body.size())
      return false;
    before = event.end;
  }
  return x.events.empty() || before == x.body.size();
}

std::vector<std::string> data_of(const answer& x) {
  troupe::net::sse_parser parser;
  std::vector<troupe::net::sse_event> events;
  parser.feed(x.body, events);
  std::vector<std::string> result;
  for (auto& event : events)
    result.push_back(std::move(event.data));
  return result;
}

using texts = std::vector<std::string>;

} // namespace

SCENARIO("a status replaces the answer") {
  auto effect = of_kind(fault_kind::status);
  effect.status = 503;
  effect.headers = {{"x-a", "b"}};
  effect.body = "down";
  effect.content_type = "text/plain";
  CHECK(replaces_answer(effect));
  const auto x = with(effect);
  CHECK_EQ(x.status, 503);
  CHECK_EQ(x.body, "down");
  CHECK_EQ(x.content_type, "text/plain");
  CHECK_EQ(x.headers.size(), 1u);
  CHECK(x.events.empty());
  CHECK(x.end == ending::finish);
}

SCENARIO("a reset sends nothing") {
  const auto x = with(of_kind(fault_kind::reset));
  CHECK(!x.sends_head);
  CHECK(x.body.empty());
  CHECK(x.end == ending::reset);
}

SCENARIO("a stall for a while delays one place") {
  auto effect = of_kind(fault_kind::stall);
  effect.lasts = 30ms;
  const auto before = with(effect);
  CHECK_EQ(before.before_head, 30ms);
  CHECK_EQ(before.events, sample().events);
  effect.place = stall_place::after_headers;
  CHECK_EQ(with(effect).events[0].wait, 30ms);
  effect.place = stall_place::mid_stream;
  effect.after_events = 2;
  const auto middle = with(effect);
  CHECK_EQ(middle.events[2].wait, 30ms);
  CHECK_EQ(middle.events[1].wait, 0ms);
  effect.after_events = 100;
  CHECK_EQ(with(effect).events, sample().events);
}

SCENARIO("a stall for ever ends the answer without an end") {
  auto effect = of_kind(fault_kind::stall);
  const auto before = with(effect);
  CHECK(!before.sends_head);
  CHECK(before.end == ending::hang);
  CHECK(before.body.empty());
  effect.place = stall_place::after_headers;
  const auto after = with(effect);
  CHECK(after.sends_head);
  CHECK(after.body.empty());
  CHECK(after.end == ending::hang);
  effect.place = stall_place::mid_stream;
  effect.after_events = 2;
  const auto middle = with(effect);
  CHECK_EQ(data_of(middle), (texts{"aa", "bb"}));
  CHECK(middle.end == ending::hang);
}

SCENARIO("a cut ends behind an event, or anywhere") {
  auto effect = of_kind(fault_kind::cut);
  effect.after_events = 3;
  const auto placed = with(effect);
  CHECK_EQ(data_of(placed), (texts{"aa", "bb", "cc"}));
  CHECK(placed.end == ending::cut);
  effect.after_events.reset();
  std::set<std::size_t> sizes;
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    const auto x = with(effect, seed);
    CHECK(is_sound(x));
    CHECK(x.body.size() < sample().body.size());
    CHECK(sample().body.starts_with(x.body));
    CHECK(x == with(effect, seed));
    sizes.insert(x.body.size());
  }
  CHECK_EQ(sizes.size(), sample().body.size()); // every place occurs
}

SCENARIO("garbage goes between events and harms none of them") {
  auto effect = of_kind(fault_kind::garbage);
  effect.text = ": noise\n\n";
  effect.after_events = 1;
  const auto x = with(effect);
  CHECK(is_sound(x));
  CHECK_EQ(x.events.size(), 6u);
  CHECK_EQ(data_of(x), (texts{"aa", "bb", "cc", "dd", "ee"}));
  effect.text.clear();
  effect.filler_bytes = 1000;
  CHECK_EQ(data_of(with(effect))[1], std::string(1000, 'x'));
  effect.filler_bytes = 0;
  std::set<std::string> kinds;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const auto chosen = with(effect, seed);
    CHECK(is_sound(chosen));
    kinds.insert(chosen.body);
  }
  CHECK_EQ(kinds.size(), 6u);
}

SCENARIO("a slow answer arrives in small pieces at its rate") {
  auto effect = of_kind(fault_kind::slow);
  effect.bytes_per_second = 100;
  const auto x = with(effect);
  CHECK(is_sound(x));
  CHECK_EQ(x.body, sample().body);
  std::chrono::microseconds total{0};
  for (const auto& event : x.events)
    total += event.wait;
  CHECK_EQ(total, 500ms); // fifty bytes
  CHECK_EQ(x.events.size(), 25u);
  effect.bytes_per_second = 1;
  CHECK_EQ(with(effect).events.front(), (answer::event{1, 1s}));
}

SCENARIO("the last event may be missing") {
  const auto x = with(of_kind(fault_kind::no_completed));
  CHECK(is_sound(x));
  CHECK_EQ(data_of(x), (texts{"aa", "bb", "cc", "dd"}));
  CHECK(x.end == ending::finish);
}

SCENARIO("a failure takes the place of the rest") {
  auto effect = of_kind(fault_kind::failed);
  effect.code = "server_error";
  effect.message = "say \"sorry\"";
  const auto x = with(effect);
  CHECK(is_sound(x));
  const auto data = data_of(x);
  REQUIRE_EQ(data.size(), 3u); // behind the two opening events
  CHECK_EQ(data[2], R"({"type":"response.failed","response":{"id":"resp_failed","status":"failed",)"
                    R"("error":{"code":"server_error","message":"say \"sorry\""}}})");
  effect.after_events = 0;
  CHECK_EQ(data_of(with(effect)).size(), 1u);
}

SCENARIO("an incomplete response replaces the last event") {
  auto effect = of_kind(fault_kind::incomplete);
  effect.reason = "max_output_tokens";
  const auto data = data_of(with(effect));
  REQUIRE_EQ(data.size(), 5u);
  CHECK_EQ(data[4], R"({"type":"response.incomplete","response":{"id":"resp_incomplete","status":)"
                    R"("incomplete","incomplete_details":{"reason":"max_output_tokens"}}})");
}

SCENARIO("an endless answer repeats a delta") {
  auto effect = of_kind(fault_kind::endless);
  effect.interval = 5ms;
  effect.after_events = 1;
  const auto x = with(effect);
  CHECK(is_sound(x));
  CHECK_EQ(x.events.size(), 2u);
  CHECK(x.end == ending::repeat);
  CHECK_EQ(x.repeat_interval, 5ms);
}

SCENARIO("a failure may have any error, or none") {
  auto effect = of_kind(fault_kind::failed);
  effect.error = "null";
  effect.after_events = 0;
  CHECK_EQ(data_of(with(effect))[0], R"({"type":"response.failed","response":{"id":"resp_failed",)"
                                     R"("status":"failed","error":null}})");
}

SCENARIO("corruption changes some bytes in their place and nothing else") {
  auto effect = of_kind(fault_kind::corrupt);
  effect.bytes = 4;
  effect.after_events = 1;
  const auto placed = with(effect);
  CHECK_EQ(placed.body.substr(0, 10), sample().body.substr(0, 10));
  CHECK(placed.body.substr(10, 4) != sample().body.substr(10, 4));
  CHECK_EQ(placed.body.substr(14), sample().body.substr(14));
  effect.after_events.reset();
  std::set<std::string> results;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const auto x = with(effect, seed);
    CHECK_EQ(x.body.size(), sample().body.size());
    CHECK_EQ(x.events, sample().events);
    CHECK(x == with(effect, seed));
    results.insert(x.body);
  }
  CHECK(results.size() > 150);
}

SCENARIO("comments without end follow the events that still arrive") {
  auto effect = of_kind(fault_kind::comments);
  effect.interval = 5ms;
  effect.after_events = 2;
  const auto x = with(effect);
  CHECK_EQ(data_of(x), (texts{"aa", "bb"}));
  CHECK(x.body.ends_with("\n\n: still here\n\n"));
  CHECK(x.end == ending::repeat);
  CHECK_EQ(x.repeat_interval, 5ms);
}

SCENARIO("an event may come twice") {
  auto effect = of_kind(fault_kind::duplicate);
  effect.after_events = 1;
  CHECK_EQ(data_of(with(effect)), (texts{"aa", "bb", "bb", "cc", "dd", "ee"}));
  effect.after_events = 100;
  CHECK_EQ(data_of(with(effect)), (texts{"aa", "bb", "cc", "dd", "ee", "ee"}));
}

SCENARIO("an unknown event and an unknown item come in between") {
  auto effect = of_kind(fault_kind::unknown);
  effect.after_events = 1;
  const auto data = data_of(with(effect));
  REQUIRE_EQ(data.size(), 7u);
  CHECK(data[1].find("response.hologram.delta") != std::string::npos);
  CHECK(data[2].find("hologram_call") != std::string::npos);
  CHECK_EQ(data[3], "bb");
}

SCENARIO("every fault leaves a sound answer, also of an empty one") {
  for (std::size_t kind = 0; kind < troupe::enum_texts<fault_kind>::values.size(); ++kind) {
    auto effect = of_kind(static_cast<fault_kind>(kind));
    effect.bytes_per_second = 10;
    effect.lasts = 1ms;
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
      CHECK(is_sound(with(effect, seed)));
      answer empty;
      apply(effect, decision{seed}, empty);
      CHECK(is_sound(empty));
    }
  }
}
