#define CAF_SUITE http_proxy
#include <caf/test/bdd_dsl.hpp>

#include "net/http_client.hpp"
#include "net/io_pool.hpp"
#include "tests/net/observed_call.hpp"
#include "tests/net/observed_socket.hpp"
#include "tests/net/raw_socket.hpp"

#include <map>

using namespace std::literals;
using namespace troupe::net;
using namespace troupe::net::test;

namespace {

constexpr auto credentials = "Aladdin:open%20sesame@";
constexpr auto authorization = "Proxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n"sv;
constexpr auto no_content = "HTTP/1.1 204 No Content\r\n\r\n"sv;
constexpr auto tunnel_is_open = "HTTP/1.1 200 Connection established\r\nX: y\r\n\r\n"sv;

struct fixture {
  io_pool pool;
  raw_server proxy;
  http_client client{pool, through_proxy({{"NO_PROXY", "127.0.0.1"}})};

  // A client that uses `proxy` for everything.
  http_client_options through_proxy(std::map<std::string, std::string> variables = {}) {
    variables.try_emplace("ALL_PROXY", "http://" + (credentials + proxy.url().substr(7)));
    http_client_options options;
    options.proxies =
      proxy_rules::from_environment([&](std::string_view name) -> std::optional<std::string> {
        const auto i = variables.find(std::string{name});
        return i == variables.end() ? std::nullopt : std::optional{i->second};
      });
    return options;
  }

  std::string proxy_name() { return "proxy http://127.0.0.1:" + std::to_string(proxy.port()); }

  // How a call ends when the proxy answers its CONNECT with `answer` and closes.
  call_outcome refused(std::string_view answer) {
    auto call = get(client, "https://origin.invalid/x");
    auto peer = proxy.accept();
    peer.read_until("\r\n\r\n");
    peer.write(answer);
    peer.close();
    return call.outcome();
  }
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("a plain request is sent to the proxy with its whole URL and the proxy's credentials") {
  http_request request{.url = "http://origin.invalid:8080/a?b=c"};
  request.headers.set("Authorization", "Bearer mine");
  request.headers.set("Proxy-Authorization", "not this one");
  auto call = start(client, std::move(request));
  auto peer = proxy.accept();
  CHECK_EQ(peer.read_message(),
           "GET http://origin.invalid:8080/a?b=c HTTP/1.1\r\nHost: origin.invalid:8080\r\n" +
             std::string{authorization} + "Authorization: Bearer mine\r\n\r\n");
  peer.write(no_content);
  CHECK_EQ(call.outcome().head.status, 204);
}

SCENARIO("connections through a proxy are reused for the same origin only") {
  auto first = get(client, "http://a.invalid/");
  auto peer = proxy.accept();
  peer.read_message();
  peer.write(no_content);
  first.outcome();
  auto again = get(client, "http://a.invalid/");
  CHECK_NE(peer.read_message().find("GET http://a.invalid/ "), std::string::npos);
  peer.write(no_content);
  again.outcome();
  auto other = get(client, "http://b.invalid/");
  auto second = proxy.accept();
  CHECK_NE(second.read_message().find("GET http://b.invalid/ "), std::string::npos);
  second.write(no_content);
  CHECK_EQ(other.outcome().head.status, 204);
}

SCENARIO("an https request asks for a tunnel, and only then begins TLS") {
  auto call = get(client, "https://origin.invalid/secret-path");
  auto peer = proxy.accept();
  CHECK_EQ(peer.read_until("\r\n\r\n"),
           "CONNECT origin.invalid:443 HTTP/1.1\r\nHost: origin.invalid:443\r\n" +
             std::string{authorization} + "\r\n");
  for (const char c : tunnel_is_open)
    peer.write({&c, 1});
  const auto hello = peer.read_bytes(300);
  CHECK_EQ(hello.front(), '\x16'); // a TLS record
  CHECK_NE(hello.find("origin.invalid"), std::string::npos);
  CHECK_EQ(hello.find("secret-path"), std::string::npos);
  call.handle.cancel();
  CHECK_EQ(call.outcome().error, net_errc::cancelled);
}

SCENARIO("an address of the sixth version is asked for in brackets") {
  auto call = get(client, "https://[::1]:8443/");
  auto peer = proxy.accept();
  CHECK(peer.read_until("\r\n\r\n").starts_with("CONNECT [::1]:8443 HTTP/1.1\r\nHost: [::1]:8443"));
}

SCENARIO(
  "a WebSocket goes through a tunnel, whatever its scheme, without the proxy's credentials") {
  auto socket = open(client, {.url = "ws://origin.invalid/v1"});
  auto peer = proxy.accept();
  CHECK(peer.read_until("\r\n\r\n").starts_with("CONNECT origin.invalid:80 HTTP/1.1\r\n"));
  peer.write(tunnel_is_open);
  const auto handshake = peer.read_until("\r\n\r\n");
  CHECK(handshake.starts_with("GET /v1 HTTP/1.1\r\nHost: origin.invalid\r\n"));
  CHECK_EQ(handshake.find("Proxy-"), std::string::npos);
  peer.write(switching_protocols(handshake));
  socket.handle.send("through");
  CHECK_EQ(read_frame(peer).payload, "through");
  peer.write(raw_frame(ws_frame::text, "and back"));
  CHECK_EQ(socket.text(), "and back");
}

SCENARIO("a host that needs no proxy is reached directly, without its credentials") {
  raw_server origin;
  http_request request{.url = origin.url("/x")};
  request.headers.set("Proxy-Authorization", "mine");
  auto call = start(client, std::move(request));
  auto peer = origin.accept();
  const auto received = peer.read_message();
  CHECK(received.starts_with("GET /x HTTP/1.1\r\n"));
  CHECK_EQ(received.find("Proxy-"), std::string::npos);
  peer.write(no_content);
  CHECK_EQ(call.outcome().head.status, 204);
}

SCENARIO("a refusal names the proxy and the origin, and no password") {
  const auto wanted = refused("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
  CHECK_EQ(wanted.error, net_errc::proxy_refused);
  CHECK_EQ(wanted.detail, proxy_name() + ", asked for https://origin.invalid: it answered 407 (it "
                                         "wants a user and password)");
  const auto failed = refused("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 5\r\n\r\nsorry");
  CHECK_EQ(failed.error, net_errc::proxy_refused);
  CHECK_EQ(failed.detail, proxy_name() + ", asked for https://origin.invalid: it answered 502");
  CHECK_EQ(failed.head.status, 0);
}

SCENARIO(
  "a forwarding proxy that wants other credentials is a refusal too, other answers are not") {
  const struct {
    int status;
    net_errc wanted;
  } cases[] = {{407, net_errc::proxy_refused}, {502, net_errc::none}};
  for (const auto& x : cases) {
    auto call = get(client, "http://origin.invalid/");
    auto peer = proxy.accept();
    peer.read_message();
    peer.write("HTTP/1.1 " + std::to_string(x.status) + " No\r\nContent-Length: 0\r\n\r\n");
    const auto outcome = call.outcome();
    CHECK_EQ(outcome.error, x.wanted);
    CHECK_EQ(outcome.detail.find("sesame"), std::string::npos);
    peer.close();
  }
}

SCENARIO("a proxy that answers nonsense, too much or nothing is refused") {
  for (const auto& answer :
       {"SSH-2.0-OpenSSH\r\n\r\n"s, "HTTP/1.1 200 OK\r\nX: " + std::string(200'000, 'x'), ""s,
        "HTTP/1.1 200 OK\r\nX:"s, "HTTP/1.1 200 OK\r\n\r\nand something of its own"s}) {
    const auto outcome = refused(answer);
    CHECK_EQ(outcome.error, net_errc::proxy_refused);
    CHECK_EQ(outcome.detail.find(proxy_name()), 0u);
  }
}

SCENARIO("a proxy that does not answer in time is a connect timeout") {
  for (const auto* half : {"", "HTTP/1.1 200 Conn"}) {
    http_request request{.url = "https://origin.invalid/"};
    request.limits.connect = 20ms;
    auto call = start(client, std::move(request));
    auto peer = proxy.accept();
    peer.write(half);
    const auto outcome = call.outcome();
    CHECK_EQ(outcome.error, net_errc::timed_out_connect);
    CHECK_EQ(outcome.detail.find(proxy_name()), 0u);
  }
}

SCENARIO("a proxy that cannot be reached or found is named") {
  proxy.close();
  const auto unreachable = get(client, "https://origin.invalid/").outcome();
  CHECK_EQ(unreachable.error, net_errc::connect_failed);
  CHECK_EQ(unreachable.detail, proxy_name() + ": Connection refused");
  http_client lost{pool, through_proxy({{"ALL_PROXY", "http://u:secret@no..where:1"}})};
  const auto outcome = get(lost, "http://origin.invalid/").outcome();
  CHECK_EQ(outcome.error, net_errc::dns_failed);
  CHECK_EQ(outcome.detail.find("proxy http://no..where:1: "), 0u);
}

SCENARIO("a proxy of an unknown kind fails the call and names the variable") {
  http_client socks{pool, through_proxy({{"ALL_PROXY", "socks5://u:secret@h:1"}})};
  const auto outcome = get(socks, "http://origin.invalid/").outcome();
  CHECK_EQ(outcome.error, net_errc::bad_proxy);
  CHECK_EQ(outcome.detail,
           "ALL_PROXY: proxies of the kind \"socks5\" are not supported; use http://");
}

SCENARIO("a tunnel that is being asked for can be cancelled") {
  auto call = get(client, "https://origin.invalid/");
  auto peer = proxy.accept();
  peer.read_until("\r\n\r\n");
  call.handle.cancel();
  CHECK_EQ(call.outcome().error, net_errc::cancelled);
  CHECK_EQ(peer.read_to_end(), "");
}

END_FIXTURE_SCOPE()
