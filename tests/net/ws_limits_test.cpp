#define CAF_SUITE ws_limits
#include <caf/test/bdd_dsl.hpp>

#include "net/http_server.hpp"
#include "net/io_pool.hpp"
#include "net/limits.hpp"
#include "net/wire/byte_budget.hpp"
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

  std::pair<observed_socket, raw_connection> connect(ws_request request = {}) {
    request.url = "ws" + server.url().substr(4);
    auto socket = open(client, std::move(request));
    auto peer = server.accept();
    peer.write(switching_protocols(peer.read_until("\r\n\r\n")));
    socket.head();
    return {std::move(socket), std::move(peer)};
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

SCENARIO("messages wait for credit, and so does what follows them") {
  auto [socket, peer] = connect({.credit = 1});
  peer.write(text_frame("1") + text_frame("2") + text_frame("3") + raw_frame(ws_frame::ping, "p"));
  CHECK_EQ(socket.texts(1).size(), 1u);
  settle();
  CHECK_EQ(socket.texts(0).size(), 1u);
  socket.handle.grant(1);
  CHECK_EQ(socket.texts(2).size(), 2u);
  socket.handle.grant(5);
  CHECK_EQ(socket.texts(3).size(), 3u);
  CHECK_EQ(read_frame(peer).payload, "p");
}

SCENARIO("a socket without a request in progress has no idle limit") {
  auto [socket, peer] = connect({.limits = {.idle = 1ms}});
  for (int i = 0; i < 50; ++i) // some exchanges later the limit is long over
    connect();
  CHECK_EQ(socket.ends(), 0);
  socket.handle.send("request");
  CHECK_EQ(read_frame(peer).payload, "request");
  CHECK_EQ(socket.outcome().error, net_errc::idle_timeout);
}

SCENARIO("resting stops the idle clock") {
  auto [socket, peer] = connect({.limits = {.idle = 20ms}});
  socket.handle.send("request");
  socket.handle.rest();
  auto [other, other_peer] = connect({.limits = {.idle = 200ms}});
  other.handle.send("request");
  CHECK_EQ(other.outcome().error, net_errc::idle_timeout);
  CHECK_EQ(socket.ends(), 0);
}

SCENARIO("waiting for credit is not idleness") {
  auto [socket, peer] = connect({.limits = {.idle = 20ms}, .credit = 0});
  peer.write(text_frame("held"));
  socket.handle.send("request");
  auto [other, other_peer] = connect({.limits = {.idle = 200ms}});
  other.handle.send("request");
  CHECK_EQ(other.outcome().error, net_errc::idle_timeout);
  CHECK_EQ(socket.ends(), 0);
  socket.handle.grant(1);
  CHECK_EQ(socket.text(), "held");
  CHECK_EQ(socket.outcome().error, net_errc::idle_timeout);
}

SCENARIO("cancelling ends once, wherever the socket is, and releases the handlers") {
  auto [opened, peer] = connect();
  opened.handle.cancel();
  opened.handle.cancel();
  CHECK_EQ(opened.outcome().error, net_errc::cancelled);
  CHECK_EQ(peer.read_to_end(), "");
  auto opening = open(client, {.url = "ws" + server.url().substr(4)});
  auto second = server.accept();
  second.read_until("\r\n\r\n");
  opening.handle.cancel();
  CHECK_EQ(opening.outcome().error, net_errc::cancelled);
  auto early = open(client, {.url = "ws" + server.url().substr(4)});
  early.handle.cancel();
  CHECK_EQ(early.outcome().error, net_errc::cancelled);
  settle();
  for (const auto* x : {&opened, &opening, &early}) {
    CHECK_EQ(x->ends(), 1);
    CHECK(x->is_released());
  }
}

SCENARIO("a socket may be cancelled, closed and written to from inside its handlers") {
  for (const bool closes : {true, false}) {
    observed_socket socket;
    auto handlers = socket.handlers();
    std::promise<ws_handle> given;
    auto handle = given.get_future().share();
    handlers.on_text = [&, handle](std::string_view) {
      handle.get().send("answer");
      if (closes)
        handle.get().close();
      else
        handle.get().cancel();
    };
    socket.handle = client.open_websocket({.url = "ws" + server.url().substr(4)}, handlers);
    handlers = {};
    given.set_value(socket.handle);
    auto peer = server.accept();
    peer.write(switching_protocols(peer.read_until("\r\n\r\n")) + text_frame("1") +
               text_frame("2"));
    if (closes) {
      CHECK_EQ(read_frame(peer).payload, "answer");
      CHECK(read_frame(peer).kind == ws_frame::close);
      peer.close();
    }
    CHECK_EQ(socket.outcome().error, closes ? net_errc::none : net_errc::cancelled);
  }
}

SCENARIO("a peer that does not read ends the socket at the bound of its queue") {
  auto [socket, peer] = connect();
  const auto block = std::make_shared<const std::string>(1'000'000, 'x');
  std::promise<void> first_lost;
  auto lost = [told = std::make_shared<bool>(false), &first_lost](net_errc x) {
    if (x != net_errc::none && !std::exchange(*told, true))
      first_lost.set_value();
  };
  for (std::size_t sent = 0; sent < 2 * max_unsent_bytes; sent += block->size())
    socket.handle.send({block}, lost);
  CHECK_EQ(socket.outcome().error, net_errc::write_failed);
  first_lost.get_future().wait();
  CHECK_EQ(socket.handle.unsent_bytes(), 0u);
}

SCENARIO("a message to a socket that has ended is told so") {
  auto [socket, peer] = connect();
  socket.handle.cancel();
  socket.outcome();
  settle();
  std::promise<net_errc> sent;
  socket.handle.send("late", [&](net_errc x) { sent.set_value(x); });
  CHECK_EQ(sent.get_future().get(), net_errc::closed_early);
}

SCENARIO("sockets end when their client is destroyed or the pool stops") {
  auto owner = std::make_unique<http_client>(pool);
  auto first = open(*owner, {.url = "ws" + server.url().substr(4)});
  auto peer = server.accept();
  peer.write(switching_protocols(peer.read_until("\r\n\r\n")));
  first.head();
  owner.reset();
  CHECK_EQ(first.outcome().error, net_errc::cancelled);
  auto [second, second_peer] = connect();
  auto third = open(client, {.url = "ws" + server.url().substr(4)});
  auto third_peer = server.accept();
  third_peer.read_until("\r\n\r\n");
  pool.stop();
  CHECK_EQ(second.outcome().error, net_errc::cancelled);
  CHECK_EQ(third.outcome().error, net_errc::cancelled);
  auto late = open(client, {.url = "ws" + server.url().substr(4)});
  CHECK_EQ(late.outcome().error, net_errc::stopped);
  CHECK(second.is_released());
}

SCENARIO("pings do not keep a response alive that does not advance") {
  auto [socket, peer] = connect({.limits = {.idle = 10s, .stall = 30ms}});
  socket.handle.send("request");
  while (peer.write(raw_frame(ws_frame::ping, "still here"))) // until the client hangs up
    ;
  CHECK_EQ(socket.outcome().error, net_errc::no_progress);
}

SCENARIO("a response that advances for ever ends at its limit") {
  auto [socket, peer] = connect({.limits = {.idle = 10s, .stall = 10s, .response = 30ms}});
  socket.handle.send("request");
  while (peer.write(text_frame("more")))
    socket.handle.advance();
  CHECK_EQ(socket.outcome().error, net_errc::timed_out_total);
}

SCENARIO("unfinished messages of all sockets have one bound, which the error names") {
  io_pool small_pool{2, 100'000};
  http_client small_client{small_pool};
  const auto begin = [&] {
    auto socket = open(small_client, {.url = "ws" + server.url().substr(4)});
    auto peer = server.accept();
    peer.write(switching_protocols(peer.read_until("\r\n\r\n")));
    socket.head();
    std::string head;
    append_frame_head({.kind = ws_frame::text, .length = 90'000}, head);
    peer.write(head + std::string(60'000, 'x'));
    return std::pair{std::move(socket), std::move(peer)};
  };
  auto [first, first_peer] = begin();
  while (small_client.unfinished_bytes()->used() < 60'000) // its message is being kept
    settle();
  auto [second, second_peer] = begin();
  const auto outcome = second.outcome();
  CHECK_EQ(outcome.error, net_errc::too_much_unfinished);
  CHECK(outcome.detail.find("100000 bytes") != std::string::npos);
  first_peer.write(std::string(30'000, 'x'));
  CHECK_EQ(first.text().size(), 90'000u);
  first.handle.cancel();
  CHECK_EQ(first.outcome().error, net_errc::cancelled);
  small_pool.stop();
}

END_FIXTURE_SCOPE()
