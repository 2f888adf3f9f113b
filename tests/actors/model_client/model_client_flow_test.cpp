#define CAF_SUITE model_client_flow
#include <caf/test/bdd_dsl.hpp>

#include "tests/actors/model_client/model_client_fixture.hpp"

#include <algorithm>
#include <string>
#include <vector>

using namespace std::literals;
using namespace troupe;
using namespace troupe::testing;

namespace {

using fixture = model_client_fixture;

/// A stream of that many deltas, each in a chunk of its own.
scripted_answer many_deltas(std::size_t n) {
  std::vector<stream_step> steps;
  for (std::size_t i = 0; i < n; ++i)
    steps.emplace_back(text_delta_event(std::to_string(i)));
  steps.emplace_back(completed_event());
  return stream_answer(std::move(steps));
}

std::vector<std::string> deltas(const stream_record& x) {
  std::vector<std::string> result;
  for (const auto& event : x.events)
    if (const auto* delta = std::get_if<output_text_delta>(&event))
      result.push_back(delta->delta);
  return result;
}

std::vector<std::string> numbers(std::size_t n) {
  std::vector<std::string> result;
  for (std::size_t i = 0; i < n; ++i)
    result.push_back(std::to_string(i));
  return result;
}

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("a cancelled back-off sends nothing") {
  scripted_peer peer{{reply_answer("never")}};
  add_provider(peer.base_url());
  auto x = stream(1);
  x.delay = 1h;
  cancel(open(std::move(x)));
  CHECK(finish(1).code() == model_errc::cancelled);
  CHECK(!had_late_messages());
  CHECK(peer.requests().empty());
}

SCENARIO("a stream is cancelled while it waits for the response") {
  scripted_peer peer{{hanging_answer()}};
  add_provider(peer.base_url());
  const auto operation = open(stream(1));
  REQUIRE(peer.wait_for_requests(1));
  cancel(operation);
  CHECK(finish(1).code() == model_errc::cancelled);
  CHECK(peer.wait_for_departures(1));
  CHECK(!had_late_messages());
}

SCENARIO("a stream is cancelled between its events") {
  scripted_peer peer{{stream_answer({text_delta_event("a"), gate{}, completed_event()})}};
  add_provider(peer.base_url());
  const auto operation = open(stream(1));
  REQUIRE(receive_one());
  cancel(operation);
  const auto& x = finish(1);
  CHECK(x.code() == model_errc::cancelled);
  CHECK_EQ(deltas(x).size(), 1u);
  CHECK(peer.wait_for_departures(1));
  CHECK(!had_late_messages());
}

SCENARIO("a stream is cancelled between two attempts") {
  scripted_peer peer{{plain_answer(500, "x")}};
  add_provider(peer.base_url()).request_max_retries = 100;
  const auto operation = open(stream(1));
  REQUIRE(peer.wait_for_requests(1));
  cancel(operation);
  CHECK(finish(1).code() == model_errc::cancelled);
  CHECK(!had_late_messages());
}

SCENARIO("cancelling what is over, or what never was, does nothing") {
  scripted_peer peer{{reply_answer("hello")}};
  add_provider(peer.base_url());
  const auto operation = open(stream(1));
  CHECK(finish(1).has_ended_well());
  cancel(operation);
  cancel(operation + 77);
  grant(operation, 5);
  CHECK(run(2).has_ended_well());
  CHECK(!had_late_messages());
}

SCENARIO("a delayed stream is sent after its delay") {
  scripted_peer peer{{reply_answer("hello")}};
  add_provider(peer.base_url());
  auto x = stream(1);
  x.delay = 20ms;
  open(std::move(x));
  CHECK(finish(1).has_ended_well());
}

SCENARIO("without credit nothing is delivered, with it everything is, in order") {
  scripted_peer peer{{many_deltas(40)}};
  add_provider(peer.base_url());
  const auto operation = open(stream(1, 0));
  REQUIRE(peer.wait_for_requests(1));
  std::size_t granted = 0;
  while (!record(1).end) {
    if (record(1).messages == granted) {
      grant(operation, 1);
      ++granted;
    }
    REQUIRE(receive_one());
    CHECK(record(1).messages <= granted);
  }
  CHECK(record(1).has_ended_well());
  CHECK(deltas(record(1)) == numbers(40));
  CHECK(!had_late_messages());
}

SCENARIO("a reader without credit stops, whatever the provider sends") {
  // More than the sockets' buffers take: the peer cannot get rid of it while nobody reads.
  std::vector<stream_step> steps(64, stream_step{text_delta_event(std::string(1'000'000, 'x'))});
  steps.emplace_back(completed_event());
  scripted_peer peer{{stream_answer(std::move(steps))}};
  add_provider(peer.base_url());
  const auto operation = open(stream(1, 2));
  REQUIRE(receive_one());
  REQUIRE(receive_one());
  cancel(operation);
  const auto& x = finish(1);
  CHECK(x.code() == model_errc::cancelled);
  CHECK_EQ(x.messages, 2u);
  CHECK(!had_late_messages());
}

SCENARIO("reads without events cost no credit") {
  scripted_peer peer{{stream_answer({": one\n\n", gate{}, ": two\n\n", gate{}, sse("[DONE]"),
                                     gate{}, text_delta_event("a") + completed_event()})}};
  add_provider(peer.base_url());
  open(stream(1, 1));
  for (int i = 0; i < 3; ++i)
    peer.open_gate();
  const auto& x = finish(1);
  CHECK(x.has_ended_well());
  CHECK_EQ(x.messages, 1u);
}

SCENARIO("credit given before a failed attempt counts for the next one") {
  scripted_peer peer{{plain_answer(503, "busy"), many_deltas(3)}};
  add_provider(peer.base_url()).request_max_retries = 1;
  const auto operation = open(stream(1, 0));
  grant(operation, 100);
  const auto& x = finish(1);
  CHECK(x.has_ended_well());
  CHECK(deltas(x) == numbers(3));
}

SCENARIO("over the limit of open streams the next one is refused at once") {
  scripted_peer peer{{hanging_answer(), hanging_answer(), reply_answer("hello")}};
  add_provider(peer.base_url());
  deps.limits.open_streams = 2;
  const auto first = open(stream(1));
  open(stream(2));
  caf::error refusal;
  open(stream(3), &refusal);
  CHECK(refusal == errc::queue_full);
  REQUIRE(peer.wait_for_requests(2));
  cancel(first);
  CHECK(finish(1).code() == model_errc::cancelled);
  CHECK(run(4).has_ended_well());
}

SCENARIO("three hundred streams run at once") {
  constexpr stream_number total = 300;
  scripted_peer peer{{stream_answer(
    {created_event(), gate{}, text_delta_event("x"), message_event("done") + completed_event()})}};
  add_provider(peer.base_url());
  for (stream_number i = 1; i <= total; ++i)
    open(stream(i));
  REQUIRE(peer.wait_for_requests(total)); // all of them are open now
  for (stream_number i = 1; i <= total; ++i)
    peer.open_gate();
  for (stream_number i = 1; i <= total; ++i) {
    const auto& x = finish(i);
    CHECK(x.has_ended_well());
    CHECK_EQ(x.events.size(), 5u);
  }
  CHECK(!had_late_messages());
}

SCENARIO("a stream whose consumer is gone is dropped") {
  scripted_peer peer{{stream_answer({created_event(), gate{}}), hanging_answer()}};
  add_provider(peer.base_url());
  deps.limits.open_streams = 1;
  open_for_mortal(stream(1, 0));
  REQUIRE(peer.wait_for_requests(1));
  kill_mortal();
  CHECK(peer.wait_for_departures(1));
}

SCENARIO("an exit cancels open streams and tells their consumers") {
  scripted_peer peer{{hanging_answer(), stream_answer({created_event(), gate{}})}};
  add_provider(peer.base_url());
  open(stream(1));
  REQUIRE(peer.wait_for_requests(1));
  open(stream(2));
  REQUIRE(receive_one());
  stop_client();
  CHECK(finish(1).code() == model_errc::cancelled);
  CHECK(finish(2).code() == model_errc::cancelled);
  CHECK(peer.wait_for_departures(2));
}

END_FIXTURE_SCOPE()
