#define CAF_SUITE http_reuse
#include <caf/test/bdd_dsl.hpp>

#include "net/http_client.hpp"
#include "net/io_pool.hpp"
#include "tests/net/observed_call.hpp"
#include "tests/net/raw_peer.hpp"

using namespace std::literals;
using namespace troupe::net;
using namespace troupe::net::test;

namespace {

constexpr auto empty_answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"sv;

struct fixture {
  io_pool pool;
  http_client client{pool};
  raw_server server;

  // An exchange on a fresh connection, which is idle afterwards.
  raw_connection warm_up(http_client& user) {
    auto call = get(user, server.url());
    auto peer = server.accept();
    peer.read_message();
    peer.write(empty_answer);
    call.outcome();
    return peer;
  }

  raw_connection warm_up() { return warm_up(client); }

  // Whether the next request comes over `peer`; the alternative is a new connection.
  bool is_reused(raw_connection& peer) {
    auto call = get(client, server.url());
    const bool reused = !peer.read_until("\r\n\r\n").empty();
    if (reused) {
      peer.write(empty_answer);
    } else {
      auto fresh = server.accept();
      fresh.read_message();
      fresh.write(empty_answer);
      fresh.close();
    }
    return call.outcome().error == net_errc::none && reused;
  }

  // A stream that is finished early after its first chunk.
  raw_connection finish_early(observed_call& call) {
    call = get(client, server.url());
    auto peer = server.accept();
    peer.read_message();
    peer.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ndone\r\n");
    call.wait_for_chunk();
    call.handle.finish_early();
    CHECK_EQ(call.outcome().error, net_errc::none);
    return peer;
  }

  raw_connection answered(std::string_view response) {
    auto call = get(client, server.url());
    auto peer = server.accept();
    peer.read_message();
    peer.write(response);
    call.outcome();
    return peer;
  }
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("a connection is used again after a complete response of any kind") {
  for (auto response :
       {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "HTTP/1.1 204 No Content\r\n\r\n",
        "HTTP/1.1 500 Oops\r\nContent-Length: 2\r\n\r\nno",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
        "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n"}) {
    auto peer = answered(response);
    CHECK(is_reused(peer));
    peer.close();
  }
}

SCENARIO("a connection is not used again when the server says so or nothing else can be known") {
  for (auto response : {"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
                        "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
                        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nunasked bytes"}) {
    auto peer = answered(response);
    CHECK(!is_reused(peer));
  }
}

SCENARIO("two requests at once use two connections, both are kept") {
  auto first = get(client, server.url());
  auto peer1 = server.accept();
  auto second = get(client, server.url());
  auto peer2 = server.accept();
  for (auto* peer : {&peer1, &peer2}) {
    peer->read_message();
    peer->write(empty_answer);
  }
  first.outcome();
  second.outcome();
  auto third = get(client, server.url());
  auto fourth = get(client, server.url());
  for (auto* peer : {&peer1, &peer2}) {
    CHECK(!peer->read_message().empty());
    peer->write(empty_answer);
  }
  CHECK_EQ(third.outcome().error, net_errc::none);
  CHECK_EQ(fourth.outcome().error, net_errc::none);
}

SCENARIO("an idle connection the server has closed is not tried") {
  auto peer = warm_up();
  peer.close();
  CHECK(!is_reused(peer));
}

SCENARIO("a reused connection that breaks before the response is replaced by a fresh one, once") {
  for (const bool fresh_one_breaks : {false, true}) {
    auto peer = warm_up();
    http_request request{.method = "POST", .url = server.url()};
    request.body = {std::make_shared<const std::string>("body")};
    auto call = start(client, std::move(request));
    CHECK(peer.read_message().ends_with("body"));
    peer.reset();
    auto fresh = server.accept();
    CHECK(fresh.read_message().ends_with("body"));
    if (!fresh_one_breaks)
      fresh.write(empty_answer);
    fresh.close();
    CHECK_EQ(call.outcome().error, fresh_one_breaks ? net_errc::closed_early : net_errc::none);
  }
}

SCENARIO("a reused connection that breaks after the first byte of the response is a failure") {
  auto peer = warm_up();
  auto call = get(client, server.url());
  peer.read_message();
  peer.write("H");
  peer.close();
  CHECK_EQ(call.outcome().error, net_errc::closed_early);
}

SCENARIO("a fresh connection that breaks is not replaced") {
  auto call = get(client, server.url());
  auto peer = server.accept();
  peer.read_message();
  peer.close();
  CHECK_EQ(call.outcome().error, net_errc::closed_early);
}

SCENARIO("without room in the pool every request has its own connection") {
  http_client proud{pool, {.tls = {}, .max_pooled_per_origin = 0}};
  auto peer = warm_up(proud);
  CHECK_EQ(peer.read_to_end(), "");
}

SCENARIO("idle connections are closed after their time and when the client goes") {
  {
    http_client quick{pool, {.tls = {}, .pooled_connection_limit = 1ms}};
    auto peer = warm_up(quick);
    CHECK_EQ(peer.read_to_end(), "");
  }
  auto brief = std::make_unique<http_client>(pool);
  auto peer = warm_up(*brief);
  brief.reset();
  CHECK_EQ(peer.read_to_end(), "");
}

SCENARIO("a stream finished early ends at once; its connection is used again when the rest comes") {
  observed_call call;
  auto peer = finish_early(call);
  peer.write("4\r\nrest\r\n0\r\n\r\n");
  // The rest has been drained when a later exchange on the same thread is over.
  raw_server other;
  auto between = get(client, other.url());
  auto other_peer = other.accept();
  other_peer.read_message();
  other_peer.write(empty_answer);
  between.outcome();
  CHECK(is_reused(peer));
  CHECK_EQ(call.text(), "done");
}

SCENARIO("a stream finished early is closed when the rest does not come") {
  observed_call call;
  CHECK_EQ(finish_early(call).read_to_end(), "");
}

SCENARIO("a stream finished early is closed when the rest is long") {
  observed_call call;
  auto peer = finish_early(call);
  const auto block = "2710\r\n" + std::string(10'000, 'x') + "\r\n";
  while (peer.write(block))
    ;
  CHECK(!is_reused(peer));
  CHECK_EQ(call.text(), "done");
}

SCENARIO("a stream may be finished early from inside its own chunk, after the last byte") {
  http_request request;
  request.url = server.url();
  observed_call call;
  auto handlers = call.handlers();
  std::promise<call_handle> handle;
  auto shared = handle.get_future().share();
  handlers.on_chunk = [shared](std::string_view) { shared.get().finish_early(); };
  handle.set_value(client.start(std::move(request), std::move(handlers)));
  auto peer = server.accept();
  peer.read_message();
  peer.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ndone\r\n0\r\n\r\n");
  CHECK_EQ(call.outcome().error, net_errc::none);
  CHECK(is_reused(peer));
}

END_FIXTURE_SCOPE()
