#define CAF_SUITE address_race
#include <caf/test/bdd_dsl.hpp>

#include "net/address_race.hpp"
#include "net/io_pool.hpp"
#include "tests/net/raw_peer.hpp"

#include <boost/asio/ip/address.hpp>

#include <future>

using namespace std::literals;
using namespace troupe::net;
using namespace troupe::net::test;

namespace {

asio::ip::tcp::endpoint at(const char* address, std::uint16_t port) {
  return {asio::ip::make_address(address), port};
}

struct fixture {
  io_pool pool;

  struct ending {
    net_errc error;
    std::string detail;
    std::uint16_t port; // of the peer
  };

  // The limit is far beyond the test's: only an address that answers or fails ends a race.
  ending race(endpoint_list addresses, std::chrono::milliseconds limit = 10min) {
    std::promise<ending> end;
    const auto& lane = pool.lanes().front();
    lane->post([&, lane] {
      std::make_shared<address_race>(lane, addresses, limit, [&](address_race::result x) {
        boost::system::error_code ignored;
        const auto port =
          x.link ? x.link->link.socket().remote_endpoint(ignored).port() : std::uint16_t{0};
        end.set_value({x.error, x.detail, port});
      })->start();
    });
    return end.get_future().get();
  }
};

// Listens, but its queue is full: connecting to it is never answered.
struct silent_server {
  raw_server full{raw_server::backlog::full_at_once};
  raw_connection first_in_queue = raw_connection::to(full.port());

  asio::ip::tcp::endpoint address() const { return at("127.0.0.1", full.port()); }
};

std::uint16_t closed_port() {
  return raw_server{}.port();
}

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("the families take turns, each in its own order") {
  const auto v4 = [](std::uint16_t port) { return at("127.0.0.1", port); };
  const auto v6 = [](std::uint16_t port) { return at("::1", port); };
  CHECK(by_turns({}).empty());
  CHECK((by_turns({v6(1), v6(2), v6(3), v4(4), v4(5)}) ==
         endpoint_list{v6(1), v4(4), v6(2), v4(5), v6(3)}));
  CHECK((by_turns({v4(1), v4(2)}) == endpoint_list{v4(1), v4(2)}));
  CHECK((by_turns({v4(1), v6(2), v6(3)}) == endpoint_list{v4(1), v6(2), v6(3)}));
}

SCENARIO("the first address that answers is taken, after others have failed") {
  const raw_server good;
  const auto end = race(
    {at("127.0.0.1", closed_port()), at("127.0.0.1", closed_port()), at("127.0.0.1", good.port())});
  CHECK_EQ(end.error, net_errc::none);
  CHECK_EQ(end.port, good.port());
}

SCENARIO("a silent address does not keep the next from being tried") {
  const silent_server silent;
  const raw_server good;
  const auto end = race({silent.address(), silent.address(), at("127.0.0.1", good.port())});
  CHECK_EQ(end.error, net_errc::none);
  CHECK_EQ(end.port, good.port());
}

SCENARIO("when all fail the last failure is reported") {
  const auto refused = race({at("127.0.0.1", closed_port()), at("127.0.0.1", closed_port())});
  CHECK_EQ(refused.error, net_errc::connect_failed);
  CHECK_EQ(refused.detail, "Connection refused");
  const silent_server silent;
  const auto unanswered = race({at("127.0.0.1", closed_port()), silent.address()}, 30ms);
  CHECK_EQ(unanswered.error, net_errc::timed_out_connect);
}

SCENARIO("a cancelled race releases its completion uncalled") {
  const silent_server silent;
  auto token = std::make_shared<int>(0);
  const std::weak_ptr<int> captured = token;
  std::promise<void> done;
  const auto& lane = pool.lanes().front();
  lane->post([&, lane, token = std::move(token)]() mutable {
    auto race =
      std::make_shared<address_race>(lane, endpoint_list{silent.address()}, 10min,
                                     [token = std::exchange(token, nullptr)](
                                       const address_race::result&) { CAF_FAIL("cancelled"); });
    race->start();
    race->cancel();
    done.set_value();
  });
  done.get_future().wait();
  CHECK(captured.expired());
}

END_FIXTURE_SCOPE()
