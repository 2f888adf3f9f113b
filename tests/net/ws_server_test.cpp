#define CAF_SUITE ws_server
#include <caf/test/bdd_dsl.hpp>

#include "net/http_server.hpp"
#include "net/io_pool.hpp"
#include "tests/net/observed_call.hpp"
#include "tests/net/observed_socket.hpp"
#include "tests/net/raw_socket.hpp"
#include "tests/net/test_authority.hpp"

#include <functional>
#include <future>

using namespace std::literals;
using namespace troupe::net;
using namespace troupe::net::test;

namespace {

struct fixture {
  io_pool pool;
  http_client client{pool};
  observed_socket accepted; // the server's end; outlives the server, whose handler fills it
  std::vector<responder> kept;
  std::unique_ptr<http_server> server;

  void serve(http_server::handler on_request, server_options options = {}) {
    server = std::make_unique<http_server>(pool, std::move(options), std::move(on_request));
    CHECK_EQ(server->start().error, net_errc::none);
  }

  // A server that accepts every WebSocket and echoes its texts.
  void serve_echo(server_options options = {}) {
    serve(
      [this](const server_request&, const responder& reply) {
        auto handlers = accepted.handlers(observed_socket::binary::taken);
        auto self = std::make_shared<ws_handle>();
        handlers.on_text = [self](std::string_view x) { self->send(std::string{x}); };
        *self = reply.accept_websocket(std::move(handlers));
        accepted.handle = *self;
      },
      std::move(options));
  }

  std::string url(const std::string& host = "127.0.0.1") {
    return "ws://" + host + ":" + std::to_string(server->port()) + "/";
  }

  raw_connection shake_hands() {
    auto peer = raw_connection::to(server->port());
    peer.write(raw_handshake);
    CHECK(peer.read_until("\r\n\r\n").starts_with("HTTP/1.1 101 Switching Protocols\r\n"));
    return peer;
  }

  void settle() {
    std::promise<void> done;
    pool.post([&] { done.set_value(); });
    done.get_future().wait();
  }
};

constexpr ws_mask mask{1, 2, 3, 4};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("the answer to a handshake is the one of the standard's example") {
  serve_echo();
  auto peer = raw_connection::to(server->port());
  peer.write(raw_handshake);
  CHECK_EQ(peer.read_until("\r\n\r\n"),
           "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
}

SCENARIO("messages go both ways, plain and compressed") {
  serve_echo();
  for (const auto mode : {ws_request::deflate::offer, ws_request::deflate::never}) {
    auto socket = open(client, {.url = url(), .compression = mode});
    std::string text;
    for (int i = 0; i < 10'000; ++i)
      text += "text number " + std::to_string(i);
    socket.handle.send("short");
    socket.handle.send(text);
    socket.handle.send(text);
    const auto texts = socket.texts(3);
    REQUIRE_EQ(texts.size(), 3u);
    CHECK_EQ(texts[0], "short");
    CHECK(texts[1] == text);
    CHECK(texts[2] == text);
  }
}

SCENARIO("fifty sockets carry twenty messages each at the same time") {
  serve_echo();
  std::vector<observed_socket> sockets;
  for (int i = 0; i < 50; ++i) {
    sockets.push_back(open(client, {.url = url()}));
    for (int k = 0; k < 20; ++k)
      sockets.back().handle.send(std::to_string(i) + ":" + std::to_string(k));
  }
  for (std::size_t i = 0; i < sockets.size(); ++i) {
    const auto texts = sockets[i].texts(20);
    REQUIRE_EQ(texts.size(), 20u);
    CHECK_EQ(texts.back(), std::to_string(i) + ":19");
  }
}

SCENARIO("over TLS a socket works and its server is verified") {
  test_authority authority;
  const auto files = authority.issue("DNS:localhost");
  serve_echo({.tls = tls_server_options{files.certificate, files.key}});
  const auto secure = "wss://localhost:" + std::to_string(server->port()) + "/";
  http_client trusting{pool, {.tls = {.ca_file = authority.bundle()}}};
  auto socket = open(trusting, {.url = secure});
  socket.handle.send(std::string(500'000, 'x'));
  CHECK_EQ(socket.text().size(), 500'000u);
  socket.handle.close();
  CHECK_EQ(socket.outcome().error, net_errc::none);
  CHECK_EQ(open(client, {.url = secure}).outcome().error, net_errc::tls_failed);
}

SCENARIO("a server may send binary, ping and close with a code") {
  serve_echo();
  auto peer = shake_hands();
  accepted.handle.send_binary("\x01\x02");
  accepted.handle.ping("p");
  accepted.handle.close({1008, "policy"});
  const auto binary = read_frame(peer);
  CHECK(binary.kind == ws_frame::binary);
  CHECK(!binary.is_masked);
  CHECK(read_frame(peer).kind == ws_frame::ping);
  CHECK_EQ(read_frame(peer).payload, "\x03\xF0policy");
  peer.write(raw_frame(ws_frame::close, "\x03\xF0", mask));
  CHECK_EQ(accepted.outcome().error, net_errc::none);
  CHECK_EQ(peer.read_to_end(), "");
}

SCENARIO("a server takes binary when it has a handler for it") {
  serve_echo();
  auto peer = shake_hands();
  peer.write(raw_frame(ws_frame::binary, "\xFF\x00"s, mask));
  CHECK_EQ(accepted.binaries(1).front(), "\xFF\x00"s);
}

SCENARIO("a frame without a mask ends the server's end") {
  serve_echo();
  auto peer = shake_hands();
  peer.write(raw_frame(ws_frame::text, "x"));
  CHECK_EQ(accepted.outcome().error, net_errc::ws_protocol);
  CHECK_EQ(read_frame(peer).payload, "\x03\xEA");
}

SCENARIO("a client that goes away, politely or not, is reported") {
  serve_echo();
  auto polite = shake_hands();
  polite.write(raw_frame(ws_frame::close, "\x03\xE8", mask));
  CHECK_EQ(accepted.outcome().error, net_errc::ws_closed);
  accepted = {};
  auto rude = shake_hands();
  rude.reset();
  CHECK_EQ(accepted.outcome().error, net_errc::ws_broken);
  accepted = {};
  auto quiet = shake_hands();
  quiet.close();
  CHECK_EQ(accepted.outcome().error, net_errc::closed_early);
}

SCENARIO("a server may cut a socket, with and without what it has written") {
  serve_echo();
  auto first = open(client, {.url = url()});
  first.head();
  accepted.head();
  accepted.handle.send("last words");
  accepted.handle.cut(ws_handle::cut_mode::close);
  CHECK_EQ(first.outcome().error, net_errc::closed_early);
  CHECK_EQ(first.text(), "last words");
  CHECK_EQ(accepted.outcome().error, net_errc::cancelled);
  accepted = {};
  auto second = open(client, {.url = url()});
  second.head();
  accepted.head();
  accepted.handle.cut(ws_handle::cut_mode::reset);
  CHECK_EQ(second.outcome().error, net_errc::ws_broken);
}

SCENARIO("a handler may accept a socket and end it in the same breath") {
  bool cuts = false;
  serve([&](const server_request&, const responder& reply) {
    accepted = {};
    accepted.handle = reply.accept_websocket(accepted.handlers());
    if (std::exchange(cuts, true))
      return accepted.handle.cut(ws_handle::cut_mode::close);
    accepted.handle.send("welcome");
    accepted.handle.close({1013, "not now"});
  });
  auto closed = open(client, {.url = url()});
  const auto outcome = closed.outcome();
  CHECK_EQ(closed.text(), "welcome");
  CHECK((outcome.closed == ws_close{1013, "not now"}));
  auto cut = open(client, {.url = url()});
  CHECK_EQ(cut.outcome().error, net_errc::closed_early);
  CHECK_EQ(cut.head().status, 101);
}

SCENARIO("a request that asks for no WebSocket is answered 426") {
  serve_echo();
  auto call = get(client, server->origin() + "/");
  const auto outcome = call.outcome();
  CHECK_EQ(outcome.head.status, 426);
  CHECK_EQ(outcome.head.headers.find("upgrade").value(), "websocket");
  CHECK_EQ(accepted.outcome().error, net_errc::bad_request);
}

SCENARIO("a handler may answer a handshake with HTTP, at once, later, or by a stream") {
  std::promise<responder> later;
  int turn = 0;
  serve([&](const server_request& x, const responder& reply) {
    CHECK(asks_for_websocket(x));
    if (turn == 0)
      reply.answer(401, {}, "who are you");
    else if (turn == 1)
      later.set_value(reply);
    else {
      reply.start_stream(503, {});
      reply.write("not ");
      reply.write("now");
      reply.finish();
    }
    ++turn;
  });
  auto first = open(client, {.url = url()}).outcome();
  CHECK_EQ(first.head.status, 401);
  CHECK_EQ(first.body, "who are you");
  auto second = open(client, {.url = url()});
  later.get_future().get().answer(426, {}, "");
  CHECK_EQ(second.outcome().head.status, 426);
  CHECK_EQ(open(client, {.url = url()}).outcome().body, "not now");
}

SCENARIO("a client that leaves while its handshake is answered in HTTP is noticed") {
  for (const bool streams : {true, false}) {
    std::promise<void> answering, left;
    serve([&](const server_request&, const responder& reply) {
      reply.on_disconnect([&] { left.set_value(); });
      if (streams)
        reply.start_stream(503, {});
      else
        reply.hang();
      answering.set_value();
      kept.push_back(reply);
    });
    auto peer = raw_connection::to(server->port());
    peer.write(raw_handshake);
    answering.get_future().wait();
    peer.close();
    left.get_future().wait();
  }
}

SCENARIO("a handshake on a connection that has served requests before is accepted") {
  serve([this](const server_request& x, const responder& reply) {
    if (asks_for_websocket(x))
      accepted.handle = reply.accept_websocket(accepted.handlers());
    else
      reply.answer(200, {}, "plain");
  });
  auto peer = raw_connection::to(server->port());
  peer.write("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK_NE(peer.read_message().find("plain"), std::string::npos);
  peer.write(std::string{"GET / HTTP/1.1\r\nHost: h\r\n\r\n"}.append(raw_handshake) +
             raw_frame(ws_frame::text, "sent ahead", mask));
  CHECK_NE(peer.read_message().find("plain"), std::string::npos);
  CHECK_NE(peer.read_until("\r\n\r\n").find(" 101 "), std::string::npos);
  CHECK_EQ(accepted.text(), "sent ahead");
  CHECK_EQ(server->connections(), 1u);
}

SCENARIO("a handshake accepted late, behind a slow answer, gets the connection all the same") {
  std::promise<responder> slow, upgrade;
  serve([&](const server_request& x, const responder& reply) {
    (asks_for_websocket(x) ? upgrade : slow).set_value(reply);
  });
  auto peer = raw_connection::to(server->port());
  peer.write(std::string{"GET / HTTP/1.1\r\nHost: h\r\n\r\n"}.append(raw_handshake));
  const auto first = slow.get_future().get();
  settle();
  first.answer(200, {}, "plain");
  CHECK_NE(peer.read_message().find("plain"), std::string::npos);
  accepted.handle = upgrade.get_future().get().accept_websocket(accepted.handlers());
  CHECK_NE(peer.read_until("\r\n\r\n").find(" 101 "), std::string::npos);
  peer.write(raw_frame(ws_frame::text, "here", mask));
  CHECK_EQ(accepted.text(), "here");
}

SCENARIO("a client that stays silent and answers no ping is given up") {
  serve_echo({.silence_limit = 50ms});
  auto peer = shake_hands();
  CHECK(read_frame(peer).kind == ws_frame::ping);
  const auto outcome = accepted.outcome();
  CHECK_EQ(outcome.error, net_errc::idle_timeout);
  CHECK_EQ(outcome.detail, "the peer answers no pings");
  CHECK_EQ(peer.read_to_end(), "");
}

SCENARIO("a client that answers is asked again instead of being given up") {
  serve_echo({.silence_limit = 1s});
  auto peer = shake_hands();
  CHECK(read_frame(peer).kind == ws_frame::ping);
  peer.write(raw_frame(ws_frame::pong, "", mask));
  CHECK(read_frame(peer).kind == ws_frame::ping); // given up, it would read the end
  peer.write(raw_frame(ws_frame::text, "here", mask));
  CHECK_EQ(read_frame(peer).payload, "here");
}

SCENARIO("stopping the server ends its sockets") {
  serve_echo();
  auto socket = open(client, {.url = url()});
  socket.head();
  CHECK_EQ(server->connections(), 1u);
  server->stop();
  CHECK_EQ(accepted.outcome().error, net_errc::cancelled);
  CHECK_NE(socket.outcome().error, net_errc::none);
  CHECK_EQ(server->connections(), 0u);
}

SCENARIO("connections are counted until their sockets have ended") {
  serve_echo();
  {
    auto peer = shake_hands();
    CHECK_EQ(server->connections(), 1u);
    peer.write(raw_frame(ws_frame::close, "\x03\xE8", mask));
    CHECK_EQ(read_frame(peer).payload, "\x03\xE8");
    CHECK_EQ(peer.read_to_end(), "");
  }
  accepted.outcome();
  CHECK(accepted.is_released());
  server->stop();
  CHECK_EQ(server->connections(), 0u);
}

END_FIXTURE_SCOPE()
