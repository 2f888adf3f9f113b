#define CAF_SUITE http_exchange
#include <caf/test/bdd_dsl.hpp>

#include "net/http_client.hpp"
#include "net/io_pool.hpp"
#include "tests/net/observed_call.hpp"
#include "tests/net/raw_peer.hpp"

#include <future>

using namespace std::literals;
using namespace troupe::net;
using namespace troupe::net::test;

namespace {

struct fixture {
  io_pool pool;
  http_client client{pool};
  raw_server server;

  // The response to one GET.
  observed_call exchange(std::string_view response) {
    auto call = get(client, server.url());
    auto peer = server.accept();
    peer.read_message();
    peer.write(response);
    return call;
  }

  call_outcome fetch(std::size_t limit, std::string_view response) {
    std::promise<call_outcome> outcome;
    http_request request;
    request.url = server.url();
    client.fetch(std::move(request), limit,
                 [&](call_outcome x) { outcome.set_value(std::move(x)); });
    auto peer = server.accept();
    peer.read_message();
    peer.write(response);
    return outcome.get_future().get();
  }
};

body_part text(std::string x) {
  return std::make_shared<const std::string>(std::move(x));
}

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("a request is written with its headers, length and the parts of its body in order") {
  http_request request{.method = "POST", .url = server.url("/v1/responses?a=b")};
  request.headers.set("X-One", "1");
  request.headers.set("content-length", "999");
  request.headers.set("Transfer-Encoding", "chunked");
  request.body = {text("{\"a\":"), nullptr, text(""), text("1}")};
  auto call = start(client, std::move(request));
  auto peer = server.accept();
  const auto port = std::to_string(server.port());
  CHECK_EQ(peer.read_message(), "POST /v1/responses?a=b HTTP/1.1\r\nHost: 127.0.0.1:" + port +
                                  "\r\nX-One: 1\r\nContent-Length: 7\r\n\r\n{\"a\":1}");
  peer.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  CHECK_EQ(call.outcome().error, net_errc::none);
  CHECK_EQ(call.text(), "ok");
}

SCENARIO("a body of a thousand parts and many megabytes arrives whole") {
  http_request request{.method = "POST", .url = server.url()};
  std::string all;
  for (int i = 0; i < 1000; ++i) {
    const auto size = i % 100 == 0 ? 1'000'000U : 10U;
    request.body.push_back(text(std::string(size, static_cast<char>('a' + i % 26))));
    all += *request.body.back();
  }
  auto call = start(client, std::move(request));
  auto peer = server.accept();
  const auto received = peer.read_message();
  CHECK(received.ends_with(all));
  peer.write("HTTP/1.1 204 No Content\r\n\r\n");
  CHECK_EQ(call.outcome().head.status, 204);
}

SCENARIO("a GET has no length, a POST without body has length 0") {
  auto call = get(client, server.url());
  CHECK_EQ(server.accept().read_message().find("Content-Length"), std::string::npos);
  call.handle.cancel();
  auto post = start(client, {.method = "POST", .url = server.url()});
  CHECK_NE(server.accept().read_message().find("Content-Length: 0\r\n"), std::string::npos);
  post.handle.cancel();
}

SCENARIO("a head is reported before the body, with every header") {
  auto call = get(client, server.url());
  auto peer = server.accept();
  peer.read_message();
  peer.write("HTTP/1.1 200 OK\r\nX-Models-Etag: abc\r\nContent-Length: 3\r\n\r\n");
  const auto head = call.head();
  CHECK_EQ(head.status, 200);
  CHECK_EQ(head.headers.find("x-models-etag").value(), "abc");
  peer.write("abc");
  const auto outcome = call.outcome();
  CHECK_EQ(outcome.head.headers.find("x-models-etag").value(), "abc");
  CHECK_EQ(call.text(), "abc");
  CHECK_EQ(call.seen->heads, 1);
}

SCENARIO("a chunked body is delivered without its framing, one chunk per read") {
  auto call =
    exchange("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
             "3\r\nabc\r\n5;ext=1\r\ndefgh\r\nA\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n");
  CHECK_EQ(call.outcome().error, net_errc::none);
  CHECK_EQ(call.text(), "abcdefgh0123456789");
  CHECK(call.seen->chunks.size() <= 2);
}

SCENARIO("a response may be cut into packets anywhere") {
  const auto response = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX: y\r\n\r\n"
                        "3\r\nabc\r\n10\r\n0123456789abcdef\r\n0\r\n\r\n"s;
  auto first = get(client, server.url());
  auto peer = server.accept();
  for (std::size_t cut = 1; cut < response.size(); ++cut) {
    auto call = cut == 1 ? first : get(client, server.url());
    peer.read_message();
    peer.write(std::string_view{response}.substr(0, cut));
    // A whole exchange on another connection: what was written has been read when it is over.
    raw_server other;
    auto between = get(client, other.url());
    auto other_peer = other.accept();
    other_peer.read_message();
    other_peer.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    between.outcome();
    peer.write(std::string_view{response}.substr(cut));
    CHECK_EQ(call.outcome().error, net_errc::none);
    CHECK_EQ(call.text(), "abc0123456789abcdef");
  }
}

SCENARIO("a body without length ends with the connection") {
  auto call = exchange("HTTP/1.1 200 OK\r\n\r\nall of it");
  CHECK_EQ(call.outcome().error, net_errc::none);
  CHECK_EQ(call.text(), "all of it");
}

SCENARIO("a body that ends before its time is an error, but what came was delivered") {
  for (auto head : {"Content-Length: 10", "Transfer-Encoding: chunked"}) {
    auto call = exchange("HTTP/1.1 200 OK\r\n"s + head + "\r\n\r\n3\r\nabc\r\n");
    const auto outcome = call.outcome();
    CHECK_EQ(outcome.error, net_errc::closed_early);
    CHECK_EQ(outcome.head.status, 200);
    CHECK_EQ(call.seen->chunks.size(), 1u);
  }
}

SCENARIO("a connection that ends before or inside the head is an error") {
  for (auto response : {"", "HTTP/1.1 200 OK\r\nX: y\r\n"})
    CHECK_EQ(exchange(response).outcome().error, net_errc::closed_early);
}

SCENARIO("a reset instead of a response is an error") {
  auto call = get(client, server.url());
  auto peer = server.accept();
  peer.read_message();
  peer.reset();
  CHECK_EQ(call.outcome().error, net_errc::closed_early);
}

SCENARIO("what is not HTTP is a bad response") {
  for (auto response : {"SSH-2.0-OpenSSH\r\n\r\n", "HTTP/2.0 200 OK\r\n\r\n",
                        "HTTP/1.1 2x0 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nbad header\r\n\r\n",
                        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n\r\n",
                        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"})
    CHECK_EQ(exchange(response).outcome().error, net_errc::bad_response);
}

SCENARIO("a head or chunk header without end is refused at its limit") {
  const std::string long_text(200'000, 'x');
  CHECK_EQ(exchange("HTTP/1.1 200 OK\r\nX: " + long_text).outcome().error, net_errc::too_large);
  std::string many = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 10'000; ++i)
    many += "X: 0123456789\r\n";
  const auto outcome = exchange(many).outcome();
  CHECK_EQ(outcome.error, net_errc::too_large);
  CHECK_EQ(outcome.detail, "the response headers are larger than 65536 bytes");
  CHECK_EQ(
    exchange("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;" + long_text).outcome().error,
    net_errc::bad_response);
}

SCENARIO("interim responses are skipped") {
  auto call = exchange("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
                       "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  const auto outcome = call.outcome();
  CHECK_EQ(outcome.head.status, 200);
  CHECK(!outcome.head.headers.contains("Link"));
  CHECK_EQ(call.text(), "ok");
}

SCENARIO("the body of a response that is not 2xx is in the outcome, not in chunks") {
  auto call = exchange("HTTP/1.1 429 Too Many\r\nRetry-After: 1\r\nContent-Length: 5\r\n\r\nlater");
  const auto outcome = call.outcome();
  CHECK_EQ(outcome.error, net_errc::none);
  CHECK_EQ(outcome.head.status, 429);
  CHECK_EQ(outcome.head.headers.find("retry-after").value(), "1");
  CHECK_EQ(outcome.body, "later");
  CHECK(call.seen->chunks.empty());
}

SCENARIO("an endless error body is cut at the limit") {
  auto call = get(client, server.url());
  auto peer = server.accept();
  peer.read_message();
  peer.write("HTTP/1.1 500 Oops\r\n\r\n");
  while (peer.write(std::string(10'000, 'x'))) // until the client has had enough
    ;
  const auto outcome = call.outcome();
  CHECK_EQ(outcome.error, net_errc::none);
  CHECK_EQ(outcome.body, std::string(max_error_body_bytes, 'x'));
}

SCENARIO("a fetch collects the body of a success, up to its limit") {
  const auto response = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcde";
  CHECK_EQ(fetch(5, response).body, "abcde");
  const auto outcome = fetch(4, response);
  CHECK_EQ(outcome.error, net_errc::too_large);
  CHECK_EQ(fetch(1, "HTTP/1.1 404 No\r\nContent-Length: 5\r\n\r\nabcde").body, "abcde");
}

SCENARIO("the answer to HEAD has no body whatever its headers say") {
  auto call = start(client, {.method = "HEAD", .url = server.url()});
  auto peer = server.accept();
  peer.read_message();
  peer.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
  CHECK_EQ(call.outcome().error, net_errc::none);
}

SCENARIO("a server that refuses a large request early and closes is heard all the same") {
  http_request request{.method = "POST", .url = server.url()};
  request.body = {text(std::string(20'000'000, 'x'))};
  auto call = start(client, std::move(request));
  auto peer = server.accept();
  peer.read_until("\r\n\r\n");
  peer.write("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno");
  peer.close(); // with unread bytes: the client's next write fails
  const auto outcome = call.outcome();
  CHECK_EQ(outcome.head.status, 413);
  CHECK_EQ(outcome.body, "no");
}

SCENARIO("a request that cannot be built fails without a connection") {
  CHECK_EQ(get(client, "ftp://h/").outcome().error, net_errc::bad_url);
  CHECK_EQ(get(client, "http://user:pw@h/").outcome().error, net_errc::bad_url);
  CHECK_EQ(start(client, {.method = "A B", .url = server.url()}).outcome().error,
           net_errc::bad_request);
}

SCENARIO("a port nobody listens on is a failed connection that names the place and the cause") {
  const auto url = server.url();
  server.close();
  const auto outcome = get(client, url).outcome();
  CHECK_EQ(outcome.error, net_errc::connect_failed);
  CHECK_EQ(outcome.detail, url.substr(0, url.size() - 1) + ": Connection refused");
}

SCENARIO("a name that does not resolve is an error of its own") {
  CHECK_EQ(get(client, "http://a..b/").outcome().error, net_errc::dns_failed);
}

SCENARIO("a name with several addresses is tried until one answers") {
  // "localhost" is usually ::1 and 127.0.0.1; the server listens on the latter only.
  auto call = get(client, "http://localhost:" + std::to_string(server.port()) + "/");
  auto peer = server.accept();
  CHECK_NE(peer.read_message().find("Host: localhost:"), std::string::npos);
  peer.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  CHECK_EQ(call.outcome().error, net_errc::none);
}

END_FIXTURE_SCOPE()
