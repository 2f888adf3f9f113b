#define CAF_SUITE http_redirect
#include <caf/test/bdd_dsl.hpp>

#include "net/http_client.hpp"
#include "net/http_server.hpp"
#include "net/io_pool.hpp"
#include "tests/net/observed_call.hpp"
#include "tests/net/raw_peer.hpp"
#include "tests/net/test_authority.hpp"

using namespace std::literals;
using namespace troupe::net;
using namespace troupe::net::test;

namespace {

struct fixture {
  io_pool pool;
  http_client client{pool};
  raw_server server;

  http_request a_post() {
    http_request request{.method = "POST", .url = server.url("/start")};
    request.headers.set("Authorization", "Bearer secret");
    request.headers.set("Content-Type", "application/json");
    request.body = {std::make_shared<const std::string>("{}")};
    return request;
  }
};

std::string redirect(int status, const std::string& location) {
  return "HTTP/1.1 " + std::to_string(status) + " Moved\r\nLocation: " + location +
         "\r\nContent-Length: 0\r\n\r\n";
}

constexpr auto ok = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhere"sv;

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("a 307 repeats the request with its body, on the same connection, and is not reported") {
  auto call = start(client, a_post());
  auto peer = server.accept();
  peer.read_message();
  peer.write(redirect(307, "/next"));
  const auto repeated = peer.read_message();
  CHECK(repeated.starts_with("POST /next HTTP/1.1\r\n"));
  CHECK(repeated.ends_with("\r\n\r\n{}"));
  CHECK_NE(repeated.find("Bearer secret"), std::string::npos);
  peer.write(ok);
  const auto outcome = call.outcome();
  CHECK_EQ(outcome.head.status, 200);
  CHECK_EQ(call.seen->heads, 1);
  CHECK_EQ(call.text(), "here");
}

SCENARIO("a 303 turns a POST into a GET without body") {
  auto call = start(client, a_post());
  auto peer = server.accept();
  peer.read_message();
  peer.write(redirect(303, "next"));
  const auto second = peer.read_message();
  CHECK(second.starts_with("GET /next HTTP/1.1\r\n"));
  CHECK_EQ(second.find("Content-"), std::string::npos);
  peer.write(ok);
  CHECK_EQ(call.outcome().error, net_errc::none);
}

SCENARIO("credentials do not follow to another port") {
  raw_server other;
  auto call = start(client, a_post());
  auto peer = server.accept();
  peer.read_message();
  peer.write(redirect(308, other.url("/there")));
  auto second = other.accept();
  const auto received = second.read_message();
  CHECK(received.starts_with("POST /there HTTP/1.1\r\nHost: 127.0.0.1:" +
                             std::to_string(other.port())));
  CHECK_EQ(received.find("secret"), std::string::npos);
  second.write(ok);
  CHECK_EQ(call.outcome().error, net_errc::none);
}

SCENARIO("a redirect with a body is followed on another connection") {
  auto call = get(client, server.url("/start"));
  auto peer = server.accept();
  peer.read_message();
  peer.write("HTTP/1.1 302 Found\r\nLocation: /next\r\nContent-Length: 500\r\n\r\nnever whole");
  auto second = server.accept();
  CHECK(second.read_message().starts_with("GET /next "));
  second.write(ok);
  CHECK_EQ(call.outcome().error, net_errc::none);
}

SCENARIO("a loop, a chain without end and a place that is none end the call with the reason") {
  auto loop = get(client, server.url("/a?token"));
  auto peer = server.accept();
  peer.read_message();
  peer.write(redirect(302, "/b"));
  peer.read_message();
  peer.write(redirect(302, "/a?token"));
  const auto outcome = loop.outcome();
  CHECK_EQ(outcome.error, net_errc::redirect_refused);
  CHECK_EQ(outcome.detail, "redirect loop: " + server.url("/a") + " leads back to itself");
  auto chain = get(client, server.url("/0"));
  auto second = server.accept();
  for (int i = 1; i <= max_redirects + 1; ++i) {
    CHECK_NE(second.read_message(), "");
    second.write(redirect(302, "/" + std::to_string(i)));
  }
  CHECK_EQ(chain.outcome().error, net_errc::redirect_refused);
  auto nowhere = get(client, server.url());
  auto third = server.accept();
  third.read_message();
  third.write(redirect(302, "ftp://h/"));
  CHECK_EQ(nowhere.outcome().error, net_errc::redirect_refused);
}

SCENARIO("a redirect without a place, or where none is wanted, is an answer") {
  auto first = get(client, server.url());
  auto peer = server.accept();
  peer.read_message();
  peer.write("HTTP/1.1 302 Found\r\nContent-Length: 4\r\n\r\nlost");
  CHECK_EQ(first.outcome().body, "lost");
  http_request request{.url = server.url(), .max_redirects = 0};
  auto second = start(client, std::move(request));
  peer.read_message();
  peer.write(redirect(302, "/next"));
  const auto outcome = second.outcome();
  CHECK_EQ(outcome.error, net_errc::none);
  CHECK_EQ(outcome.head.status, 302);
}

SCENARIO("a redirect from https to http is refused") {
  test_authority authority;
  const auto files = authority.issue("IP:127.0.0.1");
  http_server secure{pool,
                     {.tls = tls_server_options{files.certificate, files.key}},
                     [&](const server_request&, const responder& reply) {
                       header_list headers;
                       headers.set("Location", server.url("/plain"));
                       reply.answer(307, headers, "");
                     }};
  CHECK_EQ(secure.start().error, net_errc::none);
  http_client trusting{pool, {.tls = {.ca_file = authority.bundle()}}};
  const auto outcome = get(trusting, secure.origin() + "/").outcome();
  CHECK_EQ(outcome.error, net_errc::redirect_refused);
  CHECK_NE(outcome.detail.find("from https to http://"), std::string::npos);
}

SCENARIO("a call can be cancelled after a redirect") {
  auto call = get(client, server.url("/start"));
  auto peer = server.accept();
  peer.read_message();
  peer.write(redirect(302, "/next"));
  peer.read_message();
  call.handle.cancel();
  CHECK_EQ(call.outcome().error, net_errc::cancelled);
}

END_FIXTURE_SCOPE()
