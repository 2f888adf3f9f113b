#define CAF_SUITE model_client_ws_connections
#include <caf/test/bdd_dsl.hpp>

#include "tests/actors/model_client/ws_requests.hpp"

using namespace std::literals;
using namespace troupe;
using namespace troupe::testing;

using fixture = model_client_fixture;

namespace {

prepare_connection preparation(model_transport transport) {
  prepare_connection x;
  x.thread = fixture::request().thread;
  x.provider = "mock";
  x.origin.transport = transport;
  return x;
}

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("another turn opens a connection of its own, and the old one is closed") {
  ws_peer peer{{good()}};
  add_provider(peer.base_url());
  open(ws_stream(1, v1, {item("a")}, "t1"));
  CHECK(finish(1).has_ended_well());
  open(ws_stream(2, v1, {item("a")}, "t2"));
  CHECK(finish(2).has_ended_well());
  CHECK_EQ(peer.handshakes().size(), 2u);
  CHECK(peer.wait_for_ends(1));
}

SCENARIO("the end of a turn closes its connection") {
  ws_peer peer{{good()}};
  add_provider(peer.base_url());
  open(ws_stream(1, v1));
  CHECK(finish(1).has_ended_well());
  tell(close_connection{request().thread, "turn"});
  CHECK(peer.wait_for_ends(1));
}

SCENARIO("a failed response ends at once, and the next request is whole, on a new connection") {
  ws_peer peer{{{.replies = {{.texts = {ws_completed("resp_1")}},
                             {.texts = {R"({"type":"response.failed","response":{"error":)"
                                        R"({"code":"rate_limit_exceeded","message":)"
                                        R"("try again in 28ms"}}})"},
                              .end = ws_reply::ending::hang}}},
                good("resp_2")}};
  add_provider(peer.base_url());
  const auto first = item("a");
  open(ws_stream(1, v2, {first}));
  CHECK(finish(1).has_ended_well());
  open(ws_stream(2, v2, {first, item("b")}));
  CHECK(finish(2).end->error->retry_after == 28ms);
  open(ws_stream(3, v2, {first, item("b")}));
  CHECK(finish(3).has_ended_well());
  CHECK_EQ(peer.handshakes().size(), 2u);
  CHECK(peer.messages()[2].find("previous_response_id") == std::string::npos);
}

SCENARIO("a preconnected socket serves the first turn: one handshake") {
  ws_peer peer{{good()}};
  add_provider(peer.base_url());
  tell(preparation(v1));
  REQUIRE(peer.wait_for_handshakes(1));
  CHECK(peer.messages().empty());
  open(ws_stream(1, v1));
  CHECK(finish(1).has_ended_well());
  CHECK_EQ(peer.handshakes().size(), 1u);
}

SCENARIO("a turn that starts while the socket is being connected waits for it") {
  auto script = good();
  script.holds = true;
  ws_peer peer{{script}};
  add_provider(peer.base_url());
  tell(preparation(v1));
  REQUIRE(peer.wait_for_handshakes(1));
  open(ws_stream(1, v1));
  peer.release_handshake();
  CHECK(finish(1).has_ended_well());
  CHECK_EQ(peer.handshakes().size(), 1u);
}

SCENARIO("a preconnect that fails costs a handshake and not the call") {
  auto script = refusing(500);
  script.holds = true;
  ws_peer peer{{script, good()}};
  add_provider(peer.base_url());
  tell(preparation(v1));
  REQUIRE(peer.wait_for_handshakes(1));
  open(ws_stream(1, v1));
  peer.release_handshake();
  CHECK(finish(1).has_ended_well());
  CHECK_EQ(peer.handshakes().size(), 2u);
}

SCENARIO("with a preconnect, 426 takes two handshakes and one request") {
  auto script = refusing(426);
  script.holds = true;
  ws_peer peer{{script, refusing(426)}, sse_reply()};
  add_provider(peer.base_url());
  tell(preparation(v1));
  REQUIRE(peer.wait_for_handshakes(1));
  open(ws_stream(1, v1));
  peer.release_handshake();
  CHECK(finish(1).has_ended_well());
  CHECK_EQ(peer.handshakes().size(), 2u);
  CHECK_EQ(peer.posts().size(), 1u);
}

SCENARIO("a cancelled request closes its connection") {
  ws_peer peer{{ending_with(ws_reply::ending::hang)}};
  add_provider(peer.base_url());
  const auto operation = open(ws_stream(1, v1));
  REQUIRE(peer.wait_for_messages(1));
  cancel(operation);
  CHECK(finish(1).code() == model_errc::cancelled);
  CHECK(peer.wait_for_ends(1));
  CHECK(!had_late_messages());
}

SCENARIO("an idle connection is closed after its time") {
  ws_peer peer{{good()}};
  add_provider(peer.base_url());
  deps.limits.idle_connection = 50ms;
  open(ws_stream(1, v1));
  CHECK(finish(1).has_ended_well());
  CHECK(peer.wait_for_ends(1));
}

SCENARIO("the end of the client closes its connections") {
  ws_peer peer{{good(), ending_with(ws_reply::ending::hang)}};
  add_provider(peer.base_url());
  open(ws_stream(1, v1));
  CHECK(finish(1).has_ended_well());
  auto other = ws_stream(2, v1);
  other.request.thread.bytes[15] = 1;
  open(std::move(other));
  REQUIRE(peer.wait_for_messages(2));
  stop_client();
  CHECK_EQ(finish(2).error(), "the model call was cancelled");
  CHECK(peer.wait_for_ends(2));
}

END_FIXTURE_SCOPE()
