#define CAF_SUITE node_links_floods
#include <caf/test/bdd_dsl.hpp>

#include "tests/net/node_links_fixture.hpp"

using namespace node_links_fixture;

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("a thousand silent connections go away, and lock no member out meanwhile") {
  limits.handshake = 2s;
  limits.lobby = {.total = 64, .per_address = 16};
  listen();
  asio::io_context loop;
  std::vector<tcp_stream> silent;
  for (int i = 0; i < 1000; ++i)
    silent.push_back(connect(loop));
  expect_a_member_gets_in();
  for (auto& x : silent)
    CHECK(is_closed(x));
}

SCENARIO("a member that is connected and says nothing goes away, too") {
  limits.handshake = 300ms;
  listen();
  const auto mute = open(files_of(authority, "troupe://c/mute"));
  const auto link = dial(*mute);
  const socket_end mine{mute->take(link.ticket)};
  CHECK_EQ(mine.receive(1), "");
}

SCENARIO("a node that floods with links loses its oldest ones") {
  limits.links_per_node = 2;
  listen();
  const auto many = open(files_of(authority, "troupe://c/many"));
  std::vector<socket_end> mine;
  std::vector<socket_end> theirs;
  for (const char node : {'a', 'b', 'c'}) {
    mine.emplace_back(many->take(dial(*many).ticket));
    mine.back().send(hello_of("many", node));
    theirs.emplace_back(admitted.take());
  }
  reported("the node has too many links");
  CHECK_EQ(mine[0].receive(1), "");
  theirs[2].send(hello_of_server());
  CHECK_EQ(mine[2].receive(61), hello_of_server());
}

SCENARIO("a node that has as many links as it may takes no more, whoever asks") {
  limits.links = 1;
  listen();
  const auto first = open(files_of(authority, "troupe://c/first"));
  const socket_end kept{first->take(dial(*first).ticket)};
  kept.send(hello_of("first"));
  const socket_end theirs{admitted.take()};
  const auto second = open(files_of(authority, "troupe://c/second"));
  const socket_end refused{second->take(dial(*second).ticket)};
  refused.try_send(hello_of("second"));
  reported("there are too many links");
  CHECK_EQ(refused.receive(1), "");
}

SCENARIO("a link that falls silent is closed at both ends") {
  limits.idle = 200ms;
  listen();
  limits.idle = 20s;
  const auto other = open(files_of(authority, "troupe://c/other"));
  const socket_end mine{other->take(dial(*other).ticket)};
  mine.send(hello_of("other"));
  const socket_end theirs{admitted.take()};
  CHECK_EQ(theirs.receive(58), hello_of("other"));
  CHECK_EQ(mine.receive(1), "");
}

SCENARIO("a member that floods is read no faster than this node's actors take it") {
  asks = true;
  limits.unsettled_messages = 10;
  listen();
  asks = false;
  const auto flooder = open(files_of(authority, "troupe://c/flooder"));
  const socket_end mine{flooder->take(dial(*flooder).ticket)};
  std::string all = hello_of("flooder");
  const auto one = message(210, std::string(900, 'x')).bytes();
  for (int i = 0; i < 2000; ++i)
    all += one;
  std::thread sending{[&] { mine.send_slowly(all); }};
  const socket_end theirs{admitted.take()};
  std::string got = theirs.receive(hello_of("flooder").size());
  std::size_t rounds = 0;
  while (got.size() < all.size() - 11 * one.size()) {
    const auto done = settling.take(); // nothing more is passed on from here
    const auto before = got.size();
    got += theirs.receive_what_is_there();
    CHECK(got.size() - before <= 10 * one.size() + 16 * 1024);
    ++rounds;
    done(true);
  }
  CHECK(rounds >= 2000 / 30);
  CHECK(all.starts_with(got));
  sending.join();
}

SCENARIO("a link whose messages nobody takes ends with the reason") {
  asks = true;
  limits.unsettled_messages = 1;
  listen();
  asks = false;
  const auto flooder = open(files_of(authority, "troupe://c/flooder"));
  const socket_end mine{flooder->take(dial(*flooder).ticket)};
  mine.send(hello_of("flooder") + message(210).bytes());
  const socket_end theirs{admitted.take()};
  settling.take()(false);
  CHECK_EQ(mine.receive(1), "");
  reported("the link to node flooder at 127.0.0.1 was lost: it sends more than this node takes");
}

END_FIXTURE_SCOPE()
