#define CAF_SUITE ws_client
#include <caf/test/bdd_dsl.hpp>

#include "net/io_pool.hpp"
#include "net/limits.hpp"
#include "tests/net/observed_socket.hpp"
#include "tests/net/raw_socket.hpp"

#include <future>

using namespace std::literals;
using namespace troupe::net;
using namespace troupe::net::test;

namespace {

struct fixture {
  io_pool pool;
  http_client client{pool};
  raw_server server;
  std::string handshake; // of the last `connect`

  std::string url() { return "ws" + server.url("/v1/responses?a=b").substr(4); }

  // A socket that is open, and its peer.
  std::pair<observed_socket, raw_connection> connect(ws_request request = {},
                                                     std::string_view more_headers = {}) {
    request.url = url();
    auto socket = open(client, std::move(request));
    auto peer = server.accept();
    handshake = peer.read_until("\r\n\r\n");
    peer.write(switching_protocols(handshake, more_headers));
    return {std::move(socket), std::move(peer)};
  }

  // How the handshake ends when the server answers with `answer` and closes.
  ws_outcome answered(std::string_view answer) {
    auto socket = open(client, {.url = url()});
    auto peer = server.accept();
    peer.read_until("\r\n\r\n");
    peer.write(answer);
    peer.close();
    return socket.outcome();
  }

  void settle() {
    std::promise<void> done;
    pool.post([&] { done.set_value(); });
    done.get_future().wait();
  }
};

std::string text_frame(std::string text) {
  return raw_frame(ws_frame::text, std::move(text));
}

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("the handshake carries the caller's headers, the protocol's, and nothing else") {
  ws_request request;
  request.headers.set("OpenAI-Beta", "responses_websockets=2026-02-04");
  request.headers.set("Sec-WebSocket-Key", "not this one");
  auto [socket, peer] = connect(std::move(request), "x-models-etag: abc\r\n");
  CHECK_EQ(handshake,
           "GET /v1/responses?a=b HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(server.port()) +
             "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
             "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " +
             header_in(handshake, "Sec-WebSocket-Key") +
             "\r\nSec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"
             "\r\nOpenAI-Beta: responses_websockets=2026-02-04\r\n\r\n");
  CHECK_EQ(socket.head().status, 101);
  CHECK_EQ(socket.head().headers.find("X-Models-Etag").value(), "abc");
}

SCENARIO("two handshakes have different keys") {
  auto first = connect();
  const auto key = header_in(handshake, "Sec-WebSocket-Key");
  auto second = connect();
  CHECK_NE(header_in(handshake, "Sec-WebSocket-Key"), key);
}

SCENARIO("a message is one masked text frame made of its parts") {
  auto [socket, peer] = connect();
  std::promise<net_errc> sent;
  socket.handle.send({std::make_shared<const std::string>("{\"a\":"), nullptr,
                      std::make_shared<const std::string>("1}")},
                     [&](net_errc x) { sent.set_value(x); });
  const auto message = read_frame(peer);
  CHECK(message.kind == ws_frame::text);
  CHECK(message.is_masked);
  CHECK_EQ(message.payload, "{\"a\":1}");
  CHECK_EQ(sent.get_future().get(), net_errc::none);
}

SCENARIO("messages sent before the handshake is over follow it") {
  auto socket = open(client, {.url = url()});
  socket.handle.send("early");
  auto peer = server.accept();
  peer.write(switching_protocols(peer.read_until("\r\n\r\n")));
  CHECK_EQ(read_frame(peer).payload, "early");
}

SCENARIO("texts arrive in order, however the frames are cut, also with the handshake's answer") {
  auto socket = open(client, {.url = url()});
  auto peer = server.accept();
  peer.write(switching_protocols(peer.read_until("\r\n\r\n")) + text_frame("one") +
             text_frame("two"));
  CHECK_EQ(socket.texts(2).size(), 2u);
  const auto bytes = text_frame("three") + raw_frame(ws_frame::pong, "") + text_frame("four");
  for (const char c : bytes) {
    peer.write({&c, 1});
    settle();
  }
  CHECK((socket.texts(4) == std::vector{"one"s, "two"s, "three"s, "four"s}));
}

SCENARIO("a message of many megabytes arrives whole, in both directions") {
  auto [socket, peer] = connect();
  const auto text = std::make_shared<const std::string>(10'000'000, 'x');
  peer.write(text_frame(*text));
  CHECK(socket.text() == *text);
  socket.handle.send({text, text});
  CHECK(read_frame(peer).payload == *text + *text);
}

SCENARIO("compressed messages arrive when the server agreed") {
  auto [socket, peer] = connect({}, "Sec-WebSocket-Extensions: permessage-deflate\r\n");
  // "Hello", compressed, and once more with reference to the first (RFC 7692, section 7.2.3.2).
  peer.write("\xC1\x07\xF2\x48\xCD\xC9\xC9\x07\x00"sv);
  peer.write("\xC1\x05\xF2\x00\x11\x00\x00"sv);
  CHECK((socket.texts(2) == std::vector{"Hello"s, "Hello"s}));
}

SCENARIO("a socket that must not compress offers nothing") {
  auto [socket, peer] = connect({.compression = ws_request::deflate::never});
  CHECK_EQ(handshake.find("Extensions"), std::string::npos);
}

SCENARIO("an answer in HTTP is reported with its head and body") {
  for (const auto status : {401, 426, 500, 200, 302}) {
    const auto outcome = answered("HTTP/1.1 " + std::to_string(status) +
                                  " No\r\nRetry-After: 7\r\nLocation: /x\r\n"
                                  "Content-Length: 5\r\n\r\nwhy?!");
    CHECK_EQ(outcome.error, net_errc::ws_refused);
    CHECK_EQ(outcome.head.status, status);
    CHECK_EQ(outcome.head.headers.find("retry-after").value(), "7");
    CHECK_EQ(outcome.body, "why?!");
  }
}

SCENARIO("of an answer in HTTP that is cut, what came is reported") {
  const auto outcome = answered("HTTP/1.1 429 No\r\nContent-Length: 500\r\n\r\nslow dow");
  CHECK_EQ(outcome.error, net_errc::ws_refused);
  CHECK_EQ(outcome.head.status, 429);
}

SCENARIO("a handshake that is answered wrongly is a bad response") {
  const auto switching = "HTTP/1.1 101 Switching Protocols\r\n"s;
  CHECK_EQ(answered("SSH-2.0-OpenSSH\r\n\r\n").error, net_errc::bad_response);
  CHECK_EQ(answered(switching + "\r\n").error, net_errc::bad_response);
  CHECK_EQ(answered(switching + "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                                "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")
             .error,
           net_errc::bad_response);
  for (const auto* wrong : {"Sec-WebSocket-Extensions: x\r\n", "Sec-WebSocket-Protocol: x\r\n"}) {
    auto [socket, peer] = connect({}, wrong);
    CHECK_EQ(socket.outcome().error, net_errc::bad_response);
  }
}

SCENARIO("a server that never answers the handshake, or only a part of it, runs out of time") {
  for (const auto* answer : {"", "HTTP/1.1 101 Swi", "HTTP/1.1 101 Switching Protocols\r\nUp"}) {
    auto socket = open(client, {.url = url(), .limits = {.handshake = 50ms}});
    auto peer = server.accept();
    peer.write(answer);
    CHECK_EQ(socket.outcome().error, net_errc::timed_out_headers);
  }
}

SCENARIO("a server that ends the connection in the handshake is reported") {
  CHECK_EQ(answered("").error, net_errc::closed_early);
  CHECK_EQ(answered("HTTP/1.1 101 Switching").error, net_errc::closed_early);
}

SCENARIO("an endless head of an answer is refused at its limit") {
  CHECK_EQ(answered("HTTP/1.1 101 Switching Protocols\r\nX: " + std::string(200'000, 'x')).error,
           net_errc::too_large);
}

SCENARIO("a URL that cannot be used fails without a connection") {
  CHECK_EQ(open(client, {.url = "ftp://h/"}).outcome().error, net_errc::bad_url);
  CHECK_EQ(open(client, {.url = "ws://user@h/"}).outcome().error, net_errc::bad_url);
}

SCENARIO("a ping is answered with its payload, and seen as a frame") {
  auto [socket, peer] = connect();
  peer.write(raw_frame(ws_frame::ping, "here"));
  const auto pong = read_frame(peer);
  CHECK(pong.kind == ws_frame::pong);
  CHECK(pong.is_masked);
  CHECK_EQ(pong.payload, "here");
  socket.wait_for_frame(ws_frame::ping);
}

SCENARIO("every end has an error of its own") {
  const struct {
    std::string bytes;
    net_errc wanted;
  } cases[] = {
    {raw_frame(ws_frame::close, "\x03\xE9going"), net_errc::ws_closed},
    {raw_frame(ws_frame::close, ""), net_errc::ws_closed},
    {raw_frame(ws_frame::close, "x"), net_errc::ws_protocol},
    {raw_frame(ws_frame::binary, "x"), net_errc::ws_binary},
    {raw_frame(ws_frame::text, "\xFF"), net_errc::bad_utf8},
    {raw_frame(ws_frame::text, "x", ws_mask{1, 2, 3, 4}), net_errc::ws_protocol},
    {"HTTP/1.1 500 Oops\r\n\r\n", net_errc::ws_protocol},
    {text_frame(std::string(2000, 'x')), net_errc::too_large},
    {text_frame("torn").substr(0, 4), net_errc::closed_early},
    {"", net_errc::closed_early},
  };
  for (const auto& x : cases) {
    auto [socket, peer] = connect({.limits = {.max_frame_bytes = 1000}});
    peer.write(x.bytes);
    if (x.wanted == net_errc::closed_early)
      peer.close();
    CHECK_EQ(socket.outcome().error, x.wanted);
  }
}

SCENARIO("a reset in the middle of a message is a socket error") {
  auto [socket, peer] = connect();
  peer.write(text_frame("whole") + text_frame("torn").substr(0, 3));
  CHECK_EQ(socket.text(), "whole");
  peer.reset();
  CHECK_EQ(socket.outcome().error, net_errc::ws_broken);
}

SCENARIO("a close frame is answered with its code, and reported with its reason") {
  auto [socket, peer] = connect();
  peer.write(text_frame("last") + raw_frame(ws_frame::close, "\x03\xE9going") +
             text_frame("too late"));
  const auto outcome = socket.outcome();
  CHECK((outcome.closed == ws_close{1001, "going"}));
  CHECK_EQ(socket.texts(1).size(), 1u);
  const auto answer = read_frame(peer);
  CHECK(answer.kind == ws_frame::close);
  CHECK_EQ(answer.payload, "\x03\xE9");
  CHECK_EQ(peer.read_to_end(), "");
}

SCENARIO("a peer at fault is told why before the connection ends") {
  auto [socket, peer] = connect();
  peer.write(raw_frame(ws_frame::binary, "x"));
  const auto farewell = read_frame(peer);
  CHECK(farewell.kind == ws_frame::close);
  CHECK_EQ(farewell.payload, "\x03\xEB");
}

SCENARIO("closing sends what is queued, then a close frame, and waits for the answer") {
  auto [socket, peer] = connect();
  socket.head();
  socket.handle.send("first");
  socket.handle.close({1000, "done"});
  CHECK_EQ(read_frame(peer).payload, "first");
  CHECK_EQ(read_frame(peer).payload, "\x03\xE8"
                                     "done");
  CHECK_EQ(socket.ends(), 0);
  peer.write(text_frame("dropped") + raw_frame(ws_frame::close, "\x03\xE8"));
  const auto outcome = socket.outcome();
  CHECK_EQ(outcome.error, net_errc::none);
  CHECK((outcome.closed == ws_close{1000, ""}));
  CHECK(socket.texts(0).empty());
}

SCENARIO("closing ends also when the peer hangs up instead of answering, or does nothing") {
  auto [hung_up, first] = connect();
  hung_up.head();
  hung_up.handle.close();
  first.close();
  CHECK_EQ(hung_up.outcome().error, net_errc::none);
  auto [silent, second] = connect();
  silent.head();
  silent.handle.close();
  CHECK_EQ(silent.outcome().error, net_errc::none);
}

END_FIXTURE_SCOPE()
