#define CAF_SUITE http_server_guard
#include <caf/test/bdd_dsl.hpp>

#include "net/http_server.hpp"
#include "net/io_pool.hpp"
#include "net/websocket.hpp"
#include "tests/net/raw_peer.hpp"
#include "tests/net/raw_socket.hpp"

#include <algorithm>
#include <atomic>
#include <string>
#include <sys/resource.h>
#include <sys/socket.h>
#include <vector>

using namespace std::literals;
using namespace troupe::net;
using namespace troupe::net::test;

namespace {

/// A server that answers everything, handshakes too, and counts.
struct fixture {
  io_pool pool;
  std::atomic<int> asked = 0;
  std::unique_ptr<http_server> server;

  void serve(server_options options = {}) {
    server = std::make_unique<http_server>(pool, std::move(options),
                                           [this](const server_request& x, const responder& reply) {
                                             ++asked;
                                             if (asks_for_websocket(x))
                                               reply.accept_websocket({});
                                             else
                                               reply.answer(200, {}, "ok");
                                           });
    REQUIRE_EQ(server->start().error, net_errc::none);
  }

  raw_connection connect() const { return raw_connection::to(server->port()); }

  std::string ask(std::string_view request) const {
    auto peer = connect();
    peer.write(request);
    return peer.read_until("\r\n");
  }
};

std::string get(std::string_view headers) {
  return "GET / HTTP/1.1\r\n" + std::string{headers} + "\r\n";
}

/// Writes a byte at a time until the server has had enough. Bounded: 64 KiB are a refused head.
void drip(raw_connection& peer) {
  for (int i = 0; i < 100'000 && peer.write("x"); ++i) {
  }
}

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("a server for this machine answers its names only, pages of others nothing") {
  serve({.hosts = served_hosts::loopback});
  for (const auto* headers : {"Host: localhost\r\n", "Host: 127.0.0.1:80\r\n", "Host: [::1]:80\r\n",
                              "Host: localhost\r\nOrigin: http://localhost:3000\r\n"})
    CHECK_EQ(ask(get(headers)), "HTTP/1.1 200 OK\r\n");
  CHECK_EQ(asked.load(), 4);
  for (const auto* headers : {"", "Host: evil.example\r\n", "Host: localhost.evil.example\r\n",
                              "Host: localhost\r\nHost: evil.example\r\n",
                              "Host: localhost\r\nOrigin: http://evil.example\r\n",
                              "Host: localhost\r\nOrigin: null\r\n"})
    CHECK_EQ(ask(get(headers)), "HTTP/1.1 403 Forbidden\r\n");
  CHECK_EQ(asked.load(), 4);
}

SCENARIO("a handshake is refused as a request is, and the connection takes the next") {
  serve({.hosts = served_hosts::loopback});
  auto peer = connect();
  peer.write(raw_handshake); // Host: h
  CHECK(peer.read_message().starts_with("HTTP/1.1 403 "));
  auto own = std::string{raw_handshake};
  own.replace(own.find("Host: h"), 7, "Host: localhost\r\nOrigin: http://evil.example");
  peer.write(own);
  CHECK(peer.read_message().starts_with("HTTP/1.1 403 "));
  own.replace(own.find("http://evil.example"), 19, "http://localhost");
  peer.write(own);
  CHECK(peer.read_until("\r\n\r\n").starts_with("HTTP/1.1 101 "));
}

SCENARIO("a refusal that is sent ahead a thousand times does not nest") {
  serve({.hosts = served_hosts::loopback});
  auto peer = connect();
  std::string all;
  for (int i = 0; i < 1000; ++i)
    all += get("Host: evil.example\r\n");
  peer.write(all);
  for (int i = 0; i < 1000; ++i)
    CHECK(peer.read_message().starts_with("HTTP/1.1 403 "));
}

SCENARIO("a head has a deadline, however its bytes come, on a new connection from its start") {
  serve({.head_limit = 50ms});
  auto silent = connect();
  CHECK_EQ(silent.read_to_end(), "");
  auto half = connect();
  half.write("GET / HTTP/1.1\r\nHost: h\r\nX: ");
  CHECK_EQ(half.read_to_end(), "");
  auto slow = connect();
  slow.write("GET / HTTP/1.1\r\nX: ");
  drip(slow);
  CHECK_EQ(asked.load(), 0);
}

SCENARIO("a connection that has been of use may be idle for longer than a head may take") {
  serve({.head_limit = 500ms});
  auto used = connect();
  used.write(get("Host: h\r\n"));
  CHECK(used.read_message().starts_with("HTTP/1.1 200 "));
  auto silent = connect(); // ends by the limit, and so later than it
  CHECK_EQ(silent.read_to_end(), "");
  used.write(get("Host: h\r\n"));
  CHECK(used.read_message().starts_with("HTTP/1.1 200 "));
  used.write("GET "); // the next head has its own limit
  CHECK_EQ(used.read_to_end(), "");
}

SCENARIO("slow and idle connections are bounded, and the next one is served all the same") {
  constexpr std::size_t limit = 8;
  serve({.max_waiting = limit});
  std::vector<raw_connection> slow;
  for (int i = 0; i < 50; ++i) {
    slow.push_back(connect());
    slow.back().write(i % 2 == 0 ? "GET / HTTP/1.1\r\nX: "
                                 : "POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n");
    CHECK_EQ(ask(get("Host: h\r\n")), "HTTP/1.1 200 OK\r\n");
  }
  for (std::size_t i = 0; i + limit < slow.size(); ++i)
    CHECK_EQ(slow[i].read_to_end(), "");
  CAF_CHECK_LESS_OR_EQUAL(server->connections(), limit);
}

SCENARIO("idle connections give way as well") {
  constexpr std::size_t limit = 8;
  serve({.max_waiting = limit});
  std::vector<raw_connection> idle;
  for (int i = 0; i < 50; ++i) {
    idle.push_back(connect());
    idle.back().write(get("Host: h\r\n"));
    CHECK(idle.back().read_message().starts_with("HTTP/1.1 200 "));
  }
  for (std::size_t i = 0; i + limit < idle.size(); ++i)
    CHECK_EQ(idle[i].read_to_end(), "");
  CAF_CHECK_LESS_OR_EQUAL(server->connections(), limit);
}

SCENARIO("a body has a deadline for its next bytes") {
  serve({.body_idle = 50ms});
  for (const auto* request : {"POST / HTTP/1.1\r\nContent-Length: 50000000\r\n\r\n",
                              "POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nhalf",
                              "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
                              "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf"}) {
    auto silent = connect();
    silent.write(request);
    CHECK_EQ(silent.read_to_end(), "");
  }
  CHECK_EQ(asked.load(), 0);
}

SCENARIO("a body takes memory as it arrives, not as it is announced") {
  serve({.max_unfinished_body = 4 * 1024 * 1024}); // announced are 10 MB
  std::vector<raw_connection> peers;
  for (int i = 0; i < 100; ++i) {
    peers.push_back(connect());
    peers.back().write("POST / HTTP/1.1\r\nContent-Length: 100000\r\n\r\n");
  }
  for (auto& peer : peers) {
    peer.write(std::string(100'000, 'x'));
    CHECK(peer.read_message().starts_with("HTTP/1.1 200 "));
  }
}

SCENARIO("unfinished bodies of all connections have one budget, and give it back") {
  serve({.body_idle = 500ms, .max_unfinished_body = 128 * 1024});
  for (const auto* head : {"POST / HTTP/1.1\r\nContent-Length: 90000\r\n\r\n",
                           "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n15F90\r\n"}) {
    std::vector<raw_connection> peers;
    for (int i = 0; i < 4; ++i) {
      peers.push_back(connect());
      peers.back().write(head + std::string(60'000, 'x'));
    }
    const auto refused = std::ranges::count_if(
      peers, [](auto& peer) { return peer.read_to_end().starts_with("HTTP/1.1 503 "); });
    CAF_CHECK_GREATER_OR_EQUAL(refused, 1);
    CHECK_EQ(asked.load(), 0);
  }
  CHECK_EQ(ask("POST / HTTP/1.1\r\nContent-Length: 60000\r\n\r\n" + std::string(60'000, 'x')),
           "HTTP/1.1 200 OK\r\n");
}

SCENARIO("without descriptors the longest waiting give theirs to new connections") {
  serve();
  std::vector<raw_connection> clients; // there before the limit, which counts for us as well
  std::vector<int> numbers;
  for (int i = 0; i < 50; ++i) {
    numbers.push_back(::socket(AF_INET, SOCK_STREAM, 0));
    clients.emplace_back(numbers.back());
  }
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  const rlimit low{.rlim_cur = static_cast<rlim_t>(*std::ranges::max_element(numbers)) + 8,
                   .rlim_max = before.rlim_max};
  ::setrlimit(RLIMIT_NOFILE, &low);
  const auto address = raw_connection::loopback(server->port());
  const auto* const where = reinterpret_cast<const sockaddr*>(&address);
  for (std::size_t i = 0; i < 50; ++i) {
    CHECK_EQ(::connect(numbers[i], where, sizeof(address)), 0);
    clients[i].write(i < 49 ? "GET / HTTP/1.1\r\nX: " : get("Host: h\r\n"));
  }
  CHECK_EQ(clients.back().read_until("\r\n"), "HTTP/1.1 200 OK\r\n");
  ::setrlimit(RLIMIT_NOFILE, &before);
}

END_FIXTURE_SCOPE()
