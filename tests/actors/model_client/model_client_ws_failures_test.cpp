#define CAF_SUITE model_client_ws_failures
#include <caf/test/bdd_dsl.hpp>

#include "tests/actors/model_client/note_taker.hpp"
#include "tests/actors/model_client/ws_requests.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

using namespace std::literals;
using namespace troupe;
using namespace troupe::testing;

using fixture = model_client_fixture;

namespace {

constexpr std::string_view disconnected = "stream disconnected before completion: ";

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("a WebSocket fails in the contract's words") {
  struct failing_case {
    ws_reply::ending how;
    std::string text;
  };
  const std::vector<failing_case> cases{
    {ws_reply::ending::close,
     "websocket closed by server before response.completed (1001: going away)"},
    {ws_reply::ending::cut, "stream closed before response.completed"},
    {ws_reply::ending::binary, "unexpected binary websocket event"},
    {ws_reply::ending::hang, "idle timeout waiting for websocket"}};
  std::vector<ws_connection_script> scripts;
  for (const auto& x : cases)
    scripts.push_back(ending_with(x.how));
  ws_peer peer{scripts};
  add_provider(peer.base_url()).stream_idle_timeout = 300ms;
  stream_number number = 0;
  for (const auto& x : cases) {
    open(ws_stream(++number, v1));
    CHECK_EQ(finish(number).error(), std::string{disconnected} + x.text);
    CHECK(finish(number).code() == model_errc::stream);
  }
}

SCENARIO("a WebSocket's limits of a response are told with the names of their settings") {
  ws_peer peer{{ending_with(ws_reply::ending::hang)}};
  add_provider(peer.base_url()).stream_progress_timeout = 50ms;
  open(ws_stream(1, v1));
  CHECK(finish(1).error().find("`stream_progress_timeout_ms` (50 ms)") != std::string::npos);
  CHECK(finish(1).code() == model_errc::stream);
}

SCENARIO("a WebSocket that only shows signs of life is given up") {
  ws_peer peer{{ending_with(ws_reply::ending::live)}};
  add_provider(peer.base_url()).stream_progress_timeout = 50ms;
  open(ws_stream(1, v1));
  CHECK(finish(1).error().find("`stream_progress_timeout_ms` (50 ms)") != std::string::npos);
}

SCENARIO("a WebSocket's response that takes too long is given up for good") {
  ws_peer peer{{ending_with(ws_reply::ending::hang)}};
  add_provider(peer.base_url()).response_timeout = 50ms;
  open(ws_stream(1, v1));
  CHECK(finish(1).error().find("`response_timeout_ms` (50 ms)") != std::string::npos);
  CHECK(finish(1).code() == model_errc::fatal);
}

SCENARIO("a handshake that stalls is waited for no longer than an event") {
  ws_peer peer{{{.holds = true}}};
  add_provider(peer.base_url()).stream_idle_timeout = 50ms;
  open(ws_stream(1, v1));
  CHECK(finish(1).code() == model_errc::timeout);
}

SCENARIO("a handshake answered with an error is that error") {
  ws_peer peer{{refusing(400, "no")}};
  add_provider(peer.base_url());
  open(ws_stream(1, v1));
  CHECK(finish(1).code() == model_errc::invalid_request);
  CHECK_EQ(peer.handshakes().size(), 1u);
  CHECK(peer.posts().empty());
}

SCENARIO("a governed handshake that is refused is made again, and the turn does not notice") {
  auto refused = refusing(429, "slow down");
  refused.headers.set("retry-after", "0.05");
  ws_peer peer{{refused, good()}};
  add_provider(peer.base_url());
  deps.governor.emplace();
  open(ws_stream(1, v1));
  CHECK(finish(1).has_ended_well());
  CHECK_EQ(peer.handshakes().size(), 2u);
}

SCENARIO("a governed response that fails because of the rate is asked for again") {
  const auto too_early =
    R"({"type":"response.failed","response":{"error":{"code":"rate_limit_exceeded",)"
    R"("message":"Please try again in 20ms."}}})"s;
  ws_peer peer{{{.replies = {{.texts = {too_early}}}}, good()}};
  add_provider(peer.base_url());
  deps.governor.emplace();
  open(ws_stream(1, v2));
  CHECK(finish(1).has_ended_well());
  CHECK_EQ(peer.handshakes().size(), 2u);
  CHECK_EQ(peer.messages().size(), 2u);
}

SCENARIO("a refusal as an error event counts when the connection has ended") {
  ws_peer peer{{{.replies = {{.texts = {R"({"type":"error","status":429,"headers":)"
                                        R"({"retry-after":"0.02"}})"},
                              .end = ws_reply::ending::close}}},
                good()}};
  add_provider(peer.base_url());
  deps.governor.emplace();
  open(ws_stream(1, v2));
  CHECK(finish(1).has_ended_well());
  CHECK_EQ(peer.handshakes().size(), 2u);
}

SCENARIO("a response that has begun to speak is not asked for again behind the turn's back") {
  const auto item_done = R"({"type":"response.output_item.done","item":{"type":"message",)"
                         R"("role":"assistant","content":[]}})"s;
  const auto too_early =
    R"({"type":"response.failed","response":{"error":{"code":"rate_limit_exceeded",)"
    R"("message":"Please try again in 20ms."}}})"s;
  ws_peer peer{{{.replies = {{.texts = {item_done, too_early}}}}, good()}};
  add_provider(peer.base_url());
  deps.governor.emplace();
  open(ws_stream(1, v2));
  CHECK(finish(1).end->error->retry_after == 20ms);
  CHECK_EQ(peer.handshakes().size(), 1u);
}

SCENARIO("426 at the handshake: the same call goes over HTTP") {
  ws_peer peer{{refusing(426)}, sse_reply()};
  add_provider(peer.base_url());
  open(ws_stream(1, v1));
  const auto& x = finish(1);
  CHECK(x.has_ended_well());
  REQUIRE(!x.events.empty());
  CHECK(x.events[0] == model_event{websocket_refused{}});
  CHECK_EQ(peer.handshakes().size(), 1u);
  CHECK_EQ(peer.posts().size(), 1u);
}

SCENARIO("an observer is told when a thread falls back to HTTP") {
  ws_peer peer{{refusing(426)}, sse_reply()};
  add_provider(peer.base_url());
  note_taker notes;
  deps.observer = &notes;
  open(ws_stream(1, v1));
  CHECK(finish(1).has_ended_well());
  stop_client();
  CHECK_EQ(std::ranges::count(notes.notes(), "fallback"), 1);
  CHECK_EQ(std::ranges::count(notes.notes(), "request 0 200 ok"), 1);
}

SCENARIO("an observer is told when a thread gives WebSockets up, not when it ends") {
  ws_peer peer{{good()}, sse_reply()};
  add_provider(peer.base_url());
  note_taker notes;
  deps.observer = &notes;
  tell(close_connection{request().thread, ""});
  tell(close_connection{request().thread, "", close_reason::fell_back_to_http});
  open(ws_stream(1, v1)); // begins after what was told before
  CHECK(finish(1).has_ended_well());
  stop_client();
  CHECK_EQ(std::ranges::count(notes.notes(), "fallback"), 1);
}

SCENARIO("after a fallback the thread's requests make no handshake") {
  ws_peer peer{{refusing(426), good()}, sse_reply()};
  add_provider(peer.base_url());
  open(ws_stream(1, v1));
  CHECK(finish(1).has_ended_well());
  auto next = ws_stream(2, v1);
  next.request.origin.transport = model_transport::http;
  open(std::move(next));
  CHECK(finish(2).has_ended_well());
  CHECK_EQ(peer.handshakes().size(), 1u);
  CHECK_EQ(peer.posts().size(), 2u);
}

END_FIXTURE_SCOPE()
