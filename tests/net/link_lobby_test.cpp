#define CAF_SUITE link_lobby
#include <caf/test/bdd_dsl.hpp>

#include "net/wire/link_lobby.hpp"

using troupe::net::link_lobby;

SCENARIO("beyond an address's share its own oldest connection leaves") {
  link_lobby x{{.total = 10, .per_address = 2}};
  CHECK(!x.enter(1, "a"));
  CHECK(!x.enter(2, "a"));
  CHECK(!x.enter(3, "b"));
  CHECK_EQ(x.enter(4, "a"), std::optional<std::uint64_t>{1});
  x.leave(2);
  CHECK(!x.enter(5, "a"));
  CHECK_EQ(x.size(), 3u);
}

SCENARIO("beyond the total the busiest address pays") {
  link_lobby x{{.total = 4, .per_address = 3}};
  x.enter(1, "quiet");
  x.enter(2, "busy");
  x.enter(3, "busy");
  x.enter(4, "busy");
  CHECK_EQ(x.enter(5, "other"), std::optional<std::uint64_t>{2});
  CHECK_EQ(x.size(), 4u);
}

SCENARIO("few descriptors leave room for few strangers") {
  const auto few = link_lobby::within(40, 28);
  CHECK_EQ(few.total, 6u);
  CHECK_EQ(few.per_address, 4u);
  CHECK_EQ(link_lobby::within(10, 28).total, 4u);
  const auto many = link_lobby::within(1024, 28);
  CHECK_EQ(many.total, 256u);
  CHECK_EQ(many.per_address, 64u);
}

SCENARIO("who has left counts no more, and strangers are passed over") {
  link_lobby x{{.total = 1, .per_address = 1}};
  x.enter(1, "a");
  x.leave(1);
  x.leave(1);
  x.leave(77);
  CHECK_EQ(x.size(), 0u);
  CHECK(!x.enter(2, "a"));
}
