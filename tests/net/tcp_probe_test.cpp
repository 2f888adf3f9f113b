#define CAF_SUITE tcp_probe
#include <caf/test/bdd_dsl.hpp>

#include "net/tcp_probe.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <future>

using namespace troupe::net;
using namespace std::chrono_literals;
using tcp = boost::asio::ip::tcp;

namespace {

struct fixture {
  boost::asio::io_context context;
  tcp::acceptor acceptor{context, {boost::asio::ip::address_v4::loopback(), 0}};
  io_pool pool;

  std::uint16_t port() const { return acceptor.local_endpoint().port(); }

  net_errc probe(const std::string& host, std::uint16_t at, std::chrono::milliseconds limit = 20s) {
    std::promise<net_errc> result;
    probe_tcp(pool, host, at, limit, [&](net_errc x) { result.set_value(x); });
    return result.get_future().get();
  }
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("a listener is found, by number and by name") {
  CHECK_EQ(probe("127.0.0.1", port()), net_errc::none);
  CHECK_EQ(probe("localhost", port()), net_errc::none);
}

SCENARIO("a port where nobody listens is found closed") {
  const auto free_port = port();
  acceptor.close();
  CHECK_EQ(probe("127.0.0.1", free_port), net_errc::connect_failed);
}

SCENARIO("a name without an address is told from a closed port") {
  CHECK_EQ(probe("not a host name", port()), net_errc::dns_failed);
}

SCENARIO("a probe without an answer ends at its limit") {
  // A full queue of connections that nobody accepts swallows further ones.
  tcp::acceptor full{context};
  full.open(tcp::v4());
  full.bind({boost::asio::ip::address_v4::loopback(), 0});
  full.listen(0);
  const auto target = full.local_endpoint();
  std::vector<tcp::socket> waiting;
  for (int i = 0; i < 8; ++i) {
    waiting.emplace_back(context, tcp::v4());
    waiting.back().async_connect(target, [](const boost::system::error_code&) {});
  }
  CHECK_EQ(probe("127.0.0.1", target.port(), 50ms), net_errc::timed_out_connect);
}

SCENARIO("a probe ends with its pool") {
  tcp::acceptor full{context};
  full.open(tcp::v4());
  full.bind({boost::asio::ip::address_v4::loopback(), 0});
  full.listen(0);
  std::promise<net_errc> first;
  probe_tcp(pool, "127.0.0.1", full.local_endpoint().port(), 20s,
            [&](net_errc x) { first.set_value(x); });
  pool.stop();
  const auto result = first.get_future().get();
  CHECK(result == net_errc::stopped || result == net_errc::none);
  bool is_called = false;
  probe_tcp(pool, "127.0.0.1", port(), 20s, [&](net_errc) { is_called = true; });
  CHECK(!is_called);
}

END_FIXTURE_SCOPE()
