#define CAF_SUITE ws_session
#include <caf/test/bdd_dsl.hpp>

#include "actors/model_client/ws_session_run.hpp"
#include "net/io_pool.hpp"
#include "tests/actors/model_client/ws_peer.hpp"

#include <future>
#include <memory>
#include <string>
#include <string_view>

using namespace std::literals;
using namespace troupe;
using namespace troupe::model_client;
using namespace troupe::testing;

namespace {

/// A session with a peer, and nobody who takes notice of its end.
struct fixture {
  net::io_pool pool;
  net::http_client http{pool};
  std::promise<void> closed;
  std::shared_ptr<ws_session> session;

  ~fixture() { pool.stop(); }

  void connect(const ws_peer& peer) {
    net::ws_request request;
    request.url = peer.base_url();
    session = ws_session::open(http, std::move(request), [this] { closed.set_value(); });
  }

  /// Sends when the connection has ended already: the answer comes at once.
  std::shared_ptr<ws_exchange> send_too_late() {
    closed.get_future().wait();
    auto result = std::make_shared<ws_exchange>();
    result->on_over = [this] { ++ends; };
    session->send({}, 1, result);
    return result;
  }

  int ends = 0;
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("a request that comes after a failed handshake is told of the handshake") {
  ws_peer peer{{{.status = 426}}};
  connect(peer);
  const auto x = send_too_late();
  CHECK_EQ(ends, 1);
  CHECK(x->how == ws_exchange::result::not_connected);
  CHECK_EQ(x->handshake.head.status, 426);
  CHECK(!x->error.has_value());
}

SCENARIO("a request that comes after the end of an open connection is told that it is closed") {
  ws_peer peer{{{.replies = {{.end = ws_reply::ending::close}}}}};
  connect(peer);
  auto first = std::make_shared<ws_exchange>();
  first->on_over = [] {};
  session->send({}, 1, first);
  const auto x = send_too_late();
  CHECK_EQ(ends, 1);
  CHECK(x->how == ws_exchange::result::failed);
  REQUIRE(x->error.has_value());
  CHECK(x->error->message.ends_with("websocket connection is closed"));
}

END_FIXTURE_SCOPE()
