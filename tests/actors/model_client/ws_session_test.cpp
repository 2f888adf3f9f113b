#define CAF_SUITE ws_session
#include <caf/test/bdd_dsl.hpp>

#include "actors/model_client/ws_session_run.hpp"
#include "net/io_pool.hpp"
#include "tests/actors/model_client/ws_peer.hpp"

#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace troupe;
using namespace troupe::model_client;
using namespace troupe::testing;

namespace {

/// Waits for the end of one response.
struct patient_audience final : stream_audience {
  std::promise<void> ended;

  void tell(std::vector<model_event>) override {}
  void tell_end(std::optional<model_error>, std::optional<rate_limits>) override {
    ended.set_value();
  }
};

model_request request(model_transport transport, std::vector<std::string> input) {
  model_request x;
  x.origin.transport = transport;
  for (auto& item : input)
    x.input.emplace_back(std::move(item));
  return x;
}

/// A session with a peer, and nobody who takes notice of its end.
struct fixture {
  net::io_pool pool;
  net::http_client http{pool};
  std::shared_ptr<std::promise<void>> closed; ///< the I/O thread may hold it for a moment longer
  std::shared_ptr<ws_session> session;

  ~fixture() { pool.stop(); }

  void connect(const ws_peer& peer) {
    net::ws_request request;
    request.url = peer.base_url();
    closed = std::make_shared<std::promise<void>>();
    session = ws_session::open(http, std::move(request), [x = closed] { x->set_value(); });
  }

  /// Sends, and waits until the response is complete.
  void complete(const model_request& x) {
    const auto audience = std::make_shared<patient_audience>();
    auto exchange = std::make_shared<ws_exchange>();
    exchange->audience = audience;
    exchange->on_over = [] {};
    session->send(x, 10, exchange);
    audience->ended.get_future().wait();
    session->on_completed(exchange->response_id);
  }

  /// Sends when the connection has ended already: the answer comes at once.
  std::shared_ptr<ws_exchange> send_too_late() {
    closed->get_future().wait();
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

SCENARIO("an input that does not begin like the last one is sent whole, on the same connection") {
  for (const auto transport : {model_transport::websocket_v1, model_transport::websocket_v2}) {
    ws_peer peer{{{.replies = {{.texts = {ws_completed("resp_1")}}}}}};
    connect(peer);
    complete(request(transport, {R"({"n":"a"})"}));
    complete(request(transport, {R"({"n":"x"})", R"({"n":"b"})"}));
    const auto messages = peer.messages();
    REQUIRE_EQ(messages.size(), 2u);
    CHECK(messages[1].starts_with(R"({"type":"response.create",)"));
    CHECK(messages[1].find(R"("input":[{"n":"x"},{"n":"b"}])") != std::string::npos);
    CHECK(messages[1].find("previous_response_id") == std::string::npos);
    CHECK_EQ(peer.handshakes().size(), 1u);
    session->cancel();
    closed->get_future().wait();
  }
}

END_FIXTURE_SCOPE()
