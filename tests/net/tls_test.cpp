#define CAF_SUITE tls
#include <caf/test/bdd_dsl.hpp>

#include "net/http_client.hpp"
#include "net/http_server.hpp"
#include "net/io_pool.hpp"
#include "tests/net/observed_call.hpp"
#include "tests/net/raw_peer.hpp"
#include "tests/net/test_authority.hpp"

#include <cstdlib>
#include <fstream>

using namespace std::literals;
using namespace troupe::net;
using namespace troupe::net::test;

namespace {

struct fixture {
  io_pool pool;
  test_authority authority;
  std::unique_ptr<http_server> server;

  void serve(const std::string& name) {
    const auto files = authority.issue(name);
    server = std::make_unique<http_server>(
      pool, server_options{.tls = tls_server_options{files.certificate, files.key}},
      [](server_request request, const responder& reply) {
        reply.answer(200, {}, "you sent " + std::to_string(request.body.size()));
      });
    CHECK_EQ(server->start().error, net_errc::none);
  }

  std::string url(const std::string& host) {
    return "https://" + host + ":" + std::to_string(server->port()) + "/";
  }

  call_outcome call(const std::string& host, tls_client_options options) {
    http_client client{pool, {.tls = std::move(options)}};
    return get(client, url(host)).outcome();
  }
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("a server whose certificate is for the host and from a trusted authority is accepted") {
  serve("DNS:localhost");
  CHECK_EQ(call("localhost", {.ca_file = authority.bundle()}).error, net_errc::none);
}

SCENARIO("an address is verified as an address") {
  serve("IP:127.0.0.1");
  CHECK_EQ(call("127.0.0.1", {.ca_file = authority.bundle()}).error, net_errc::none);
  const auto outcome = call("localhost", {.ca_file = authority.bundle()});
  CHECK_EQ(outcome.error, net_errc::tls_failed);
}

SCENARIO("an address of the sixth version is reached and verified by its literal") {
  const auto files = authority.issue("IP:::1");
  http_server six{pool,
                  {.address = "::1", .tls = tls_server_options{files.certificate, files.key}},
                  [](const server_request& x, const responder& reply) {
                    reply.answer(200, {}, std::string{x.headers.find("Host").value_or("")});
                  }};
  if (six.start().error == net_errc::listen_failed)
    return; // a machine without IPv6
  http_client client{pool, {.tls = {.ca_file = authority.bundle()}}};
  auto call = get(client, six.origin() + "/");
  CHECK_EQ(call.outcome().error, net_errc::none);
  CHECK_EQ(call.text(), "[::1]:" + std::to_string(six.port()));
}

SCENARIO("the environment names the bundle, the more specific variable first") {
  ::setenv("SSL_CERT_FILE", "/usual.pem", 1);
  CHECK_EQ(tls_client_options::from_environment().ca_file, "/usual.pem");
  ::setenv("CODEX_CA_CERTIFICATE", "/special.pem", 1);
  CHECK_EQ(tls_client_options::from_environment().ca_file, "/special.pem");
  ::setenv("CODEX_CA_CERTIFICATE", " ", 1);
  CHECK_EQ(tls_client_options::from_environment().ca_file, "/usual.pem");
  ::unsetenv("CODEX_CA_CERTIFICATE");
  ::unsetenv("SSL_CERT_FILE");
  CHECK_EQ(tls_client_options::from_environment().ca_file, "");
}

SCENARIO("a certificate for another host is refused, and the reason says so") {
  serve("DNS:example.org");
  const auto outcome = call("localhost", {.ca_file = authority.bundle()});
  CHECK_EQ(outcome.error, net_errc::tls_failed);
  CHECK_NE(outcome.detail.find("hostname mismatch"), std::string::npos);
}

SCENARIO("an unknown authority is refused, and the reason says so") {
  serve("DNS:localhost");
  const auto outcome = call("localhost", {});
  CHECK_EQ(outcome.error, net_errc::tls_failed);
  CHECK_NE(outcome.detail.find("unable to get local issuer certificate"), std::string::npos);
}

SCENARIO("without verification both are accepted") {
  serve("DNS:example.org");
  CHECK_EQ(call("localhost", {.verify = tls_client_options::verification::off}).error,
           net_errc::none);
}

SCENARIO("a bundle that cannot be read fails the call and names the file") {
  serve("DNS:localhost");
  const auto outcome = call("localhost", {.ca_file = "/nonexistent/ca.pem"});
  CHECK_EQ(outcome.error, net_errc::tls_failed);
  CHECK_NE(outcome.detail.find("/nonexistent/ca.pem"), std::string::npos);
}

SCENARIO("a server that speaks no TLS is a TLS failure") {
  raw_server plain;
  http_client client{pool};
  auto call = get(client, "https://127.0.0.1:" + std::to_string(plain.port()) + "/");
  auto peer = plain.accept();
  peer.read_bytes(1);
  peer.write("HTTP/1.1 400 Bad Request\r\n\r\n");
  CHECK_EQ(call.outcome().error, net_errc::tls_failed);
}

SCENARIO("a client that speaks no TLS is dropped by a TLS server") {
  serve("DNS:localhost");
  auto peer = raw_connection::to(server->port());
  peer.write("GET / HTTP/1.1\r\n\r\n");
  CHECK_EQ(peer.read_to_end().find("HTTP"), std::string::npos);
}

SCENARIO("large requests in many parts pass, and the connection is reused") {
  serve("DNS:localhost");
  http_client client{pool, {.tls = {.ca_file = authority.bundle()}}};
  for (int i = 0; i < 3; ++i) {
    http_request request{.method = "POST", .url = url("localhost")};
    for (int k = 0; k < 2000; ++k)
      request.body.push_back(std::make_shared<const std::string>(k % 10 == 0 ? 20'000U : 17U, 'x'));
    auto call = start(client, std::move(request));
    CHECK_EQ(call.outcome().error, net_errc::none);
    CHECK_EQ(call.text(), "you sent " + std::to_string(200 * 20'000 + 1800 * 17));
    CHECK_EQ(server->connections(), 1u);
  }
}

SCENARIO("a connection cut inside TLS is not the end of a body") {
  const auto files = authority.issue("DNS:localhost");
  http_server cutting{pool, server_options{.tls = tls_server_options{files.certificate, files.key}},
                      [](const server_request&, const responder& reply) {
                        reply.start_stream(200, {});
                        reply.write("some");
                        reply.cut(responder::cut_mode::close);
                      }};
  CHECK_EQ(cutting.start().error, net_errc::none);
  http_client client{pool, {.tls = {.ca_file = authority.bundle()}}};
  auto call = get(client, "https://localhost:" + std::to_string(cutting.port()) + "/");
  CHECK_EQ(call.outcome().error, net_errc::closed_early);
  CHECK_EQ(call.text(), "some");
}

SCENARIO("a server with unusable PEM files does not start and names the file") {
  const auto files = authority.issue("DNS:localhost");
  for (const auto& bad : {tls_server_options{"/nonexistent.pem", files.key},
                          tls_server_options{files.certificate, "/nonexistent.key"}}) {
    http_server broken{pool, server_options{.tls = bad},
                       [](const server_request&, const responder&) {}};
    const auto result = broken.start();
    CHECK_EQ(result.error, net_errc::tls_failed);
    CHECK_NE(result.detail.find("/nonexistent."), std::string::npos);
  }
}

END_FIXTURE_SCOPE()
