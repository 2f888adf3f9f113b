// Speaks to servers of its own through whatever proxy the environment names, and prints one line
// per exchange: what became of it. Exit code 0 when all have ended; whether they ended well is for
// the script that runs this.
#include "net/http_client.hpp"
#include "net/http_server.hpp"
#include "net/io_pool.hpp"
#include "net/websocket.hpp"
#include "net/ws_client.hpp"
#include "tests/net/test_authority.hpp"

#include <cstdio>
#include <future>
#include <string>

namespace {

using namespace troupe::net;

std::string name_of(net_errc x) {
  switch (x) {
  case net_errc::proxy_refused: return "proxy_refused";
  case net_errc::connect_failed: return "connect_failed";
  default: return "error " + std::to_string(static_cast<int>(x));
  }
}

void print(const std::string& name, const std::string& what) {
  std::printf("%s: %s\n", name.c_str(), what.c_str());
}

// Every address says hello; /elsewhere leads to the other server.
http_server::handler greeter(const std::string& scheme, const std::string& elsewhere) {
  return [scheme, elsewhere](const server_request& x, const responder& reply) {
    if (asks_for_websocket(x)) {
      auto self = std::make_shared<ws_handle>();
      ws_handlers handlers;
      handlers.on_text = [self](std::string_view text) { self->send("echo " + std::string{text}); };
      *self = reply.accept_websocket(std::move(handlers));
      return;
    }
    header_list headers;
    const bool leads_on = x.target == "/elsewhere";
    if (leads_on)
      headers.set("Location", elsewhere);
    const bool leaks = x.headers.contains("Proxy-Authorization");
    reply.answer(leads_on ? 307 : 200, headers,
                 leaks ? "the proxy's credentials came here" : "hello over " + scheme);
  };
}

void fetch(http_client& client, const std::string& name, const std::string& url) {
  std::promise<call_outcome> ended;
  client.fetch({.url = url}, 1000, [&](call_outcome x) { ended.set_value(std::move(x)); });
  const auto x = ended.get_future().get();
  print(name, x.error == net_errc::none ? std::to_string(x.head.status) + " " + x.body
                                        : name_of(x.error) + " " + x.detail);
}

void open_socket(http_client& client, const std::string& name, const std::string& url) {
  std::promise<std::string> ended;
  std::string answer;
  ws_handlers handlers;
  auto self = std::make_shared<ws_handle>();
  handlers.on_text = [&answer, self](std::string_view text) {
    answer = text;
    self->close();
  };
  handlers.on_done = [&](const ws_outcome& x) {
    ended.set_value(x.error == net_errc::none ? answer : name_of(x.error) + " " + x.detail);
  };
  *self = client.open_websocket({.url = url}, std::move(handlers));
  self->send("hello over " + name);
  print(name, ended.get_future().get());
}

} // namespace

int main() {
  io_pool pool;
  test::test_authority authority;
  const auto files = authority.issue("IP:127.0.0.1");
  http_server secure{
    pool, {.tls = tls_server_options{files.certificate, files.key}}, greeter("https", "")};
  if (secure.start().error != net_errc::none)
    return 1;
  http_server plain{pool, {}, greeter("http", secure.origin() + "/")};
  http_server closed{pool, {}, greeter("nothing", "")};
  if (plain.start().error != net_errc::none || closed.start().error != net_errc::none)
    return 1;
  const auto closed_origin = "https" + closed.origin().substr(4);
  closed.stop();

  http_client client{
    pool, {.tls = {.ca_file = authority.bundle()}, .proxies = proxy_rules::from_environment()}};
  fetch(client, "http", plain.origin() + "/");
  fetch(client, "https", secure.origin() + "/");
  open_socket(client, "wss", "wss" + secure.origin().substr(5) + "/");
  fetch(client, "redirected", plain.origin() + "/elsewhere");
  fetch(client, "closed port", closed_origin + "/");
  return 0;
}
