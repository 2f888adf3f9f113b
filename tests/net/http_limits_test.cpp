#define CAF_SUITE http_limits
#include <caf/test/bdd_dsl.hpp>

#include "net/http_client.hpp"
#include "net/io_pool.hpp"
#include "tests/net/observed_call.hpp"
#include "tests/net/raw_peer.hpp"

#include <memory>

using namespace std::literals;
using namespace troupe::net;
using namespace troupe::net::test;

namespace {

constexpr auto stream_head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"sv;

struct fixture {
  io_pool pool;
  http_client client{pool};
  raw_server server;

  observed_call start_with(call_limits limits) {
    http_request request;
    request.url = server.url();
    request.limits = limits;
    return start(client, std::move(request));
  }

  // Everything that had been posted to the I/O thread, or could be read by it, has been handled.
  void settle() {
    raw_server other;
    auto call = get(client, other.url());
    auto peer = other.accept();
    peer.read_message();
    peer.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    call.outcome();
  }
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("a server that does not accept is a connect timeout") {
  raw_server full{raw_server::backlog::full_at_once};
  const auto first_in_queue = raw_connection::to(full.port());
  http_request request;
  request.url = full.url();
  request.limits.connect = 10ms;
  CHECK_EQ(start(client, std::move(request)).outcome().error, net_errc::timed_out_connect);
}

SCENARIO("a response over its limit in bytes ends the call, what came before was delivered") {
  http_request request{.url = server.url()};
  request.limits.max_response_bytes = 10;
  auto call = start(client, std::move(request));
  auto peer = server.accept();
  peer.read_message();
  peer.write("HTTP/1.1 200 OK\r\n\r\n1234567890");
  call.wait_for_chunk();
  peer.write("x");
  const auto outcome = call.outcome();
  CHECK_EQ(outcome.error, net_errc::too_large);
  CHECK_EQ(outcome.detail, "response over 10 bytes");
  CHECK_EQ(call.text(), "1234567890");
}

SCENARIO("a server that does not answer the TLS handshake is a connect timeout") {
  http_request request;
  request.url = "https://127.0.0.1:" + std::to_string(server.port());
  request.limits.connect = 10ms;
  auto call = start(client, std::move(request));
  auto peer = server.accept();
  CHECK_EQ(call.outcome().error, net_errc::timed_out_connect);
}

SCENARIO("a server that sends no head, or half of one, is a header timeout") {
  for (auto half : {"", "HTTP/1.1 200 OK\r\nX:"}) {
    auto call = start_with({.head = 10ms});
    auto peer = server.accept();
    peer.read_message();
    peer.write(half);
    CHECK_EQ(call.outcome().error, net_errc::timed_out_headers);
    CHECK_EQ(peer.read_to_end(), "");
  }
}

SCENARIO("a server that reads nothing is a header timeout") {
  http_request request{.method = "POST", .url = server.url()};
  request.limits.head = 10ms;
  request.body = {std::make_shared<const std::string>(50'000'000, 'x')};
  auto call = start(client, std::move(request));
  auto peer = server.accept();
  CHECK_EQ(call.outcome().error, net_errc::timed_out_headers);
}

SCENARIO("a body that stalls is an idle timeout, with the head in the outcome") {
  auto call = start_with({.idle = 10ms});
  auto peer = server.accept();
  peer.read_message();
  peer.write(std::string{stream_head} + "3\r\nabc\r\n");
  const auto outcome = call.outcome();
  CHECK_EQ(outcome.error, net_errc::idle_timeout);
  CHECK_EQ(outcome.head.status, 200);
  CHECK_EQ(call.text(), "abc");
}

SCENARIO("bytes that are no progress for the caller do not prevent the idle timeout") {
  auto call = start_with({.idle = 20ms, .idle_restarts_on = call_limits::progress::caller});
  auto peer = server.accept();
  peer.read_message();
  peer.write(stream_head);
  while (peer.write("3\r\n:\n\n\r\n")) // comments, until the client hangs up
    ;
  CHECK_EQ(call.outcome().error, net_errc::idle_timeout);
}

SCENARIO("bytes that restart the idle clock do not keep a response alive that does not advance") {
  auto call = start_with({.idle = 10s, .stall = 20ms});
  auto peer = server.accept();
  peer.read_message();
  peer.write(stream_head);
  while (peer.write("3\r\n:\n\n\r\n")) // comments, until the client hangs up
    ;
  CHECK_EQ(call.outcome().error, net_errc::no_progress);
}

SCENARIO("time without credit is not idle time") {
  http_request request;
  request.url = server.url();
  request.limits.idle = 20ms;
  request.credit = 1;
  auto call = start(client, std::move(request));
  auto peer = server.accept();
  peer.read_message();
  peer.write(std::string{stream_head} + "3\r\nabc\r\n"); // one packet: no gap to be idle in
  call.wait_for_chunk();
  std::promise<void> later;
  pool.after(60ms, [&] { later.set_value(); });
  later.get_future().wait();
  peer.write("3\r\ndef\r\n0\r\n\r\n");
  call.handle.grant(10);
  CHECK_EQ(call.outcome().error, net_errc::none);
  CHECK_EQ(call.text(), "abcdef");
}

SCENARIO("the total limit counts everything, also a body that makes progress") {
  auto call = start_with({.total = 20ms});
  auto peer = server.accept();
  peer.read_message();
  peer.write(stream_head);
  while (peer.write("1\r\nx\r\n"))
    ;
  CHECK_EQ(call.outcome().error, net_errc::timed_out_total);
}

SCENARIO("the total limit counts the start delay") {
  http_request request;
  request.url = server.url();
  request.start_delay = 1h;
  request.limits.total = 1ms;
  CHECK_EQ(start(client, std::move(request)).outcome().error, net_errc::timed_out_total);
}

SCENARIO("a delayed request is sent after its delay") {
  http_request request;
  request.url = server.url();
  request.start_delay = 5ms;
  auto call = start(client, std::move(request));
  auto peer = server.accept();
  CHECK(peer.read_message().starts_with("GET / "));
  peer.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  CHECK_EQ(call.outcome().error, net_errc::none);
}

SCENARIO("a call is cancelled in every phase, completes once and releases its handlers") {
  auto expect_cancelled = [&](observed_call& call) {
    call.handle.cancel();
    call.handle.cancel();
    CHECK_EQ(call.outcome().error, net_errc::cancelled);
    settle();
    CHECK(call.captured.expired());
    call.handle.cancel();
    call.handle.grant(1);
    call.handle.progress();
    call.handle.finish_early();
  };
  WHEN("it has just been started") {
    raw_server unheard; // the connection may have been made
    auto call = get(client, unheard.url());
    expect_cancelled(call);
  }
  WHEN("it waits for its start") {
    http_request request;
    request.url = server.url();
    request.start_delay = 1h;
    auto call = start(client, std::move(request));
    settle();
    expect_cancelled(call);
  }
  WHEN("it connects") {
    raw_server full{raw_server::backlog::full_at_once};
    const auto first_in_queue = raw_connection::to(full.port());
    auto call = get(client, full.url());
    settle();
    expect_cancelled(call);
  }
  WHEN("it shakes hands") {
    auto call = get(client, "https://127.0.0.1:" + std::to_string(server.port()));
    auto peer = server.accept();
    CHECK_EQ(peer.read_bytes(1), "\x16"); // a TLS record
    expect_cancelled(call);
  }
  WHEN("it sends") {
    http_request request{.method = "POST", .url = server.url()};
    request.body = {std::make_shared<const std::string>(50'000'000, 'x')};
    auto call = start(client, std::move(request));
    auto peer = server.accept();
    peer.read_until("\r\n\r\n");
    expect_cancelled(call);
  }
  WHEN("it waits for the head") {
    auto call = get(client, server.url());
    auto peer = server.accept();
    peer.read_message();
    settle();
    expect_cancelled(call);
    CHECK_EQ(peer.read_to_end(), "");
  }
  WHEN("it streams") {
    auto call = get(client, server.url());
    auto peer = server.accept();
    peer.read_message();
    peer.write(stream_head);
    peer.write("3\r\nabc\r\n");
    call.wait_for_chunk();
    expect_cancelled(call);
    CHECK_EQ(peer.read_to_end(), "");
  }
  WHEN("it waits for credit") {
    http_request request;
    request.url = server.url();
    request.credit = 0;
    auto call = start(client, std::move(request));
    auto peer = server.accept();
    peer.read_message();
    peer.write(stream_head);
    peer.write("3\r\nabc\r\n");
    call.head();
    expect_cancelled(call);
    CHECK_EQ(call.text(), "");
  }
}

SCENARIO("a call may be cancelled from inside its handlers") {
  for (const bool in_head : {true, false}) {
    observed_call call;
    auto handlers = call.handlers();
    std::promise<call_handle> handle;
    auto cancel = [shared = handle.get_future().share()] { shared.get().cancel(); };
    if (in_head)
      handlers.on_head = [cancel](const response_head&) { cancel(); };
    else
      handlers.on_chunk = [cancel](std::string_view) { cancel(); };
    http_request request;
    request.url = server.url();
    handle.set_value(client.start(std::move(request), std::move(handlers)));
    auto peer = server.accept();
    peer.read_message();
    peer.write(stream_head);
    peer.write("3\r\nabc\r\n");
    CHECK_EQ(call.outcome().error, net_errc::cancelled);
    CHECK(call.seen->chunks.empty());
  }
}

SCENARIO("a reader goes no further than it has credit") {
  http_request request;
  request.url = server.url();
  request.credit = 0;
  auto call = start(client, std::move(request));
  auto peer = server.accept();
  peer.read_message();
  peer.write(std::string{stream_head} + "3\r\nabc\r\n");
  CHECK_EQ(call.head().status, 200);
  settle();
  CHECK_EQ(call.seen->chunks.size(), 0u);
  call.handle.grant(1);
  call.wait_for_chunk();
  peer.write("3\r\ndef\r\n");
  settle();
  CHECK_EQ(call.seen->chunks.size(), 1u);
  peer.write("3\r\nghi\r\n");
  settle();
  call.handle.grant(1);
  settle();
  CHECK_EQ(call.seen->chunks.size(), 2u); // what has piled up is one read
  peer.write("0\r\n\r\n");
  call.handle.grant(unlimited_credit);
  CHECK_EQ(call.outcome().error, net_errc::none);
  CHECK_EQ(call.text(), "abcdefghi");
}

SCENARIO("a slow consumer slows the sender down instead of filling memory") {
  http_request request;
  request.url = server.url();
  request.credit = 1;
  auto call = start(client, std::move(request));
  auto peer = server.accept();
  peer.read_message();
  peer.write("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n");
  std::promise<void> all_sent;
  std::thread sender{[&] {
    peer.write(std::string(100'000'000, 'x'));
    all_sent.set_value();
  }};
  auto sent = all_sent.get_future();
  call.wait_for_chunk();
  settle();
  CHECK(sent.wait_for(0s) == std::future_status::timeout); // 100 MB do not fit into the sockets
  call.handle.grant(unlimited_credit);
  CHECK_EQ(call.outcome().error, net_errc::none);
  CHECK_EQ(call.text().size(), 100'000'000u);
  sender.join();
}

SCENARIO("error bodies need no credit") {
  http_request request;
  request.url = server.url();
  request.credit = 0;
  auto call = start(client, std::move(request));
  auto peer = server.accept();
  peer.read_message();
  peer.write("HTTP/1.1 500 Oops\r\nContent-Length: 2\r\n\r\nno");
  CHECK_EQ(call.outcome().body, "no");
}

SCENARIO("a client that goes away cancels its calls") {
  auto brief = std::make_unique<http_client>(pool);
  auto call = get(*brief, server.url());
  auto peer = server.accept();
  peer.read_message();
  brief.reset();
  CHECK_EQ(call.outcome().error, net_errc::cancelled);
  call.handle.cancel();
}

SCENARIO("stopping the pool completes all calls, later ones are refused") {
  auto call = get(client, server.url());
  auto peer = server.accept();
  peer.read_message();
  pool.stop();
  CHECK_EQ(call.outcome().error, net_errc::cancelled);
  CHECK(call.captured.expired());
  auto late = get(client, server.url());
  CHECK_EQ(late.outcome().error, net_errc::stopped);
  call.handle.cancel();
  late.handle.grant(1);
}

END_FIXTURE_SCOPE()
