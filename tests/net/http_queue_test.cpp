#define CAF_SUITE http_queue
#include <caf/test/bdd_dsl.hpp>

#include "net/http_client.hpp"
#include "net/io_pool.hpp"
#include "tests/net/observed_call.hpp"
#include "tests/net/observed_socket.hpp"
#include "tests/net/raw_socket.hpp"

#include <future>

using namespace std::literals;
using namespace troupe::net;
using namespace troupe::net::test;

namespace {

struct fixture {
  io_pool pool{2};
  http_client client{pool, {.max_exchanges_per_origin = 1, .max_waiting_per_origin = 2}};
  raw_server server;

  // Everything posted to both I/O threads so far has run.
  void settle() {
    for (int i = 0; i < 2; ++i) {
      std::promise<void> done;
      pool.post([&] { done.set_value(); });
      done.get_future().wait();
    }
  }
};

constexpr auto no_content = "HTTP/1.1 204 No Content\r\n\r\n"sv;

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("calls over the limit wait and go in the order they came, over all I/O threads") {
  auto first = get(client, server.url("/1"));
  auto peer = server.accept();
  peer.read_message();
  auto second = get(client, server.url("/2"));
  settle();
  auto third = get(client, server.url("/3"));
  settle();
  std::vector<raw_connection> peers;
  peer.write("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
  first.outcome();
  auto next = server.accept();
  CHECK(next.read_message().starts_with("GET /2 "));
  next.write("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
  second.outcome();
  auto last = server.accept();
  CHECK(last.read_message().starts_with("GET /3 "));
  last.write(no_content);
  CHECK_EQ(third.outcome().head.status, 204);
}

SCENARIO("a full queue and one that is too slow are errors of their own") {
  auto running = get(client, server.url());
  auto peer = server.accept();
  peer.read_message();
  http_request request{.url = server.url()};
  request.limits.queue = 30ms;
  auto waiting = start(client, std::move(request));
  auto patient = get(client, server.url());
  settle();
  const auto refused = get(client, server.url()).outcome();
  CHECK_EQ(refused.error, net_errc::overloaded);
  CHECK_NE(refused.detail.find("queue is full"), std::string::npos);
  CHECK_EQ(waiting.outcome().error, net_errc::overloaded);
  CHECK(may_retry(net_errc::overloaded));
  running.handle.cancel();
  auto next = server.accept();
  next.read_message();
  next.write(no_content);
  CHECK_EQ(patient.outcome().head.status, 204);
}

SCENARIO("a call that waits can be cancelled, and loses its place") {
  auto running = get(client, server.url("/1"));
  auto peer = server.accept();
  peer.read_message();
  auto cancelled = get(client, server.url("/2"));
  settle();
  auto last = get(client, server.url("/3"));
  settle();
  cancelled.handle.cancel();
  CHECK_EQ(cancelled.outcome().error, net_errc::cancelled);
  running.handle.cancel();
  CHECK(server.accept().read_message().starts_with("GET /3 "));
}

SCENARIO("an open WebSocket holds its turn until it ends") {
  auto socket = open(client, {.url = "ws" + server.url().substr(4)});
  auto peer = server.accept();
  peer.write(switching_protocols(peer.read_until("\r\n\r\n")));
  CHECK_EQ(socket.head().status, 101);
  auto waiting = get(client, server.url("/next"));
  settle();
  socket.handle.cancel();
  auto next = server.accept();
  CHECK(next.read_message().starts_with("GET /next "));
  next.write(no_content);
  CHECK_EQ(waiting.outcome().head.status, 204);
}

END_FIXTURE_SCOPE()
