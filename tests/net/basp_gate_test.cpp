#define CAF_SUITE basp_gate
#include <caf/test/bdd_dsl.hpp>

#include "tests/net/basp_frames.hpp"

using namespace troupe::net;
using namespace troupe::net::test;

namespace {

struct fixture {
  basp_rules rules = some_rules();
  basp_questions questions;
  basp_gate gate{basp_side::acceptor, rules, questions};
  std::string out;

  std::string feed(const std::string& bytes) { return std::string{gate.feed(bytes, out)}; }

  void begin() {
    REQUIRE_EQ(feed(client_handshake('p')), "");
    gate.set_own_node(node_id('o'));
    out.clear();
  }

  bool passes(const frame& x) {
    out.clear();
    REQUIRE_EQ(feed(x.bytes()), "");
    CHECK(out.empty() || out == x.bytes());
    return !out.empty();
  }
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("a peer begins with the handshake of its side, once") {
  CHECK_EQ(feed(client_handshake('p')), "");
  CHECK_EQ(out, client_handshake('p'));
  CHECK_EQ(gate.node(), node_id('p'));
  CHECK_EQ(feed(client_handshake('p')), "it begins twice");
  for (const auto& first :
       {server_handshake('p'), frame{}.bytes(), message(210).bytes(), std::string(32, '\0'),
        std::string(32, '\xFF'), std::string{"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"},
        frame{.operation = 1, .payload = "short"}.bytes(),
        frame{.operation = 1, .payload = '\0' + std::string(24, 'x')}.bytes(),
        frame{.operation = 1, .payload = node_id('p') + 'x'}.bytes(),
        frame{.operation = 0, .payload = node_id('p')}.bytes(),
        frame{.operation = 1, .announced = 0xFFFF'FFFF}.bytes()}) {
    basp_gate other{basp_side::acceptor, rules, questions};
    std::string passed;
    CHECK(!other.feed(first, passed).empty());
    CHECK_EQ(passed, "");
  }
}

SCENARIO("a peer with this node's own id is refused") {
  gate.set_own_node(node_id('p'));
  CHECK(!feed(client_handshake('p')).empty());
}

SCENARIO("what is announced is bounded before CAF hears of it") {
  begin();
  auto large = message(210);
  large.announced = 1001;
  CHECK_EQ(feed(large.bytes()), "it announces more than is allowed");
  CHECK_EQ(out, "");
  for (const int operation : {3, 4, 5, 6}) {
    basp_gate other{basp_side::acceptor, rules, questions};
    other.feed(client_handshake('p'), out);
    out.clear();
    const frame x{.operation = operation, .announced = 0x8000'0000};
    CHECK(!other.feed(x.bytes(), out).empty());
    CHECK_EQ(out, "");
  }
}

SCENARIO("a frame that carries nothing is a heartbeat or ends the link") {
  begin();
  CHECK(passes(frame{}));
  CHECK_EQ(feed(frame{.operation = 2, .destination = 7}.bytes()), "it sends an empty frame");
}

SCENARIO("only types of the list pass, and only to actors") {
  begin();
  CHECK(passes(message(210)));
  CHECK(passes(message(220, std::string(900, 'x'))));
  CHECK(!passes(message(211)));
  CHECK(!passes(message(28))); // an exit message
  auto named = message(210);
  named.flags = 1;
  CHECK(!passes(named));
  auto routed = message(210);
  routed.operation = 3;
  CHECK(!passes(routed));
  auto two = message(210);
  two.payload[1] = 2;
  CHECK(!passes(two));
  auto staged = message(210);
  staged.payload[0] = 1;
  CHECK(!passes(staged));
  auto to_nobody = message(210);
  to_nobody.destination = 0;
  CHECK(!passes(to_nobody));
  CHECK(!passes({.operation = 2, .destination = 7, .payload = std::string(1, '\0')}));
  CHECK(passes(frame{}));
  CHECK_EQ(gate.dropped(), 7u);
}

SCENARIO("a peer answers what it was asked, once") {
  begin();
  auto reply = message(210);
  reply.data = answer | 5;
  CHECK(!passes(reply));
  basp_outlet outlet{rules, questions};
  std::string sent;
  auto question = message(220);
  question.data = 5;
  question.source = 7;
  outlet.feed(client_handshake('o') + question.bytes(), sent);
  CHECK_EQ(outlet.own_node(), node_id('o'));
  auto to_another = reply;
  to_another.destination = 8;
  CHECK(!passes(to_another));
  CHECK(passes(reply));
  CHECK(!passes(reply));
}

SCENARIO("questions are bounded: the oldest are given up") {
  for (std::uint64_t id = 1; id <= basp_questions::max_open + 1; ++id)
    questions.asked(7, id);
  CHECK(!questions.answered(7, 1));
  CHECK(questions.answered(7, 2));
  CHECK(questions.answered(7, basp_questions::max_open + 1));
}

SCENARIO("errors are answers with texts only") {
  begin();
  const std::string code{"\1\50\0\56", 4};
  const auto error = [&](std::string context, std::uint64_t data) {
    auto x = message(27, code + std::move(context));
    x.data = data;
    questions.asked(7, data);
    return x;
  };
  CHECK(passes(error(std::string{"\0", 1}, answer | 1)));
  CHECK(passes(error(std::string{"\1\0\14\2hi", 6}, answer | 2)));
  CHECK(!passes(error(std::string{"\1\0\15\2hi", 6}, answer | 3)));
  CHECK(!passes(error(std::string{"\377\377\377\377\17", 5}, answer | 4)));
  CHECK(!passes(error(std::string{"\0", 1}, 6)));
  const auto texts = [](std::size_t count) {
    std::string result(1, static_cast<char>(count));
    for (std::size_t i = 0; i < count; ++i)
      result += std::string{"\0\14", 2};
    return result;
  };
  CHECK(passes(error(texts(6), answer | 7)));
  CHECK(!passes(error(texts(7), answer | 8)));
  CHECK(!passes(error(texts(2).substr(0, 3), answer | 9)));
}

SCENARIO("a peer tells of its own actors only, and to this node") {
  begin();
  const auto monitor = [](char from, char to) {
    return frame{.operation = 4, .destination = 3, .payload = node_id(from) + node_id(to)};
  };
  CHECK(passes(monitor('p', 'o')));
  CHECK(!passes(monitor('x', 'o')));
  CHECK(!passes(monitor('p', 'x')));
  const auto down = [](char from, char to) {
    return frame{.operation = 5, .source = 3, .payload = node_id(from) + node_id(to) + '\0'};
  };
  CHECK(passes(down('p', 'o')));
  CHECK(!passes(down('x', 'o')));
  CHECK(!passes(down('p', 'x')));
  auto odd = down('p', 'o'); // its reason is an error with a context of other types than texts
  odd.payload.back() = '\1';
  odd.payload += std::string{"\50\0\56\1\0\15", 6};
  CHECK(!passes(odd));
}

SCENARIO("what CAF remembers of a peer's actors is bounded") {
  rules.max_actors = 3;
  begin();
  const auto from = [](std::uint64_t actor) {
    auto x = message(210);
    x.source = actor;
    return x;
  };
  for (const std::uint64_t actor : {1, 2, 3, 1, 2, 3})
    CHECK(passes(from(actor)));
  const auto monitor =
    frame{.operation = 4, .destination = 7, .payload = node_id('p') + node_id('o')};
  for (int i = 0; i < 3; ++i)
    CHECK(passes(monitor));
  CHECK_EQ(feed(monitor.bytes()), "it watches too many actors");
  basp_gate other{basp_side::acceptor, rules, questions};
  std::string passed;
  REQUIRE_EQ(other.feed(client_handshake('p'), passed), "");
  std::string flood;
  for (std::uint64_t actor = 1; actor <= 4; ++actor)
    flood += from(actor).bytes();
  CHECK_EQ(other.feed(flood, passed), "it speaks for too many actors");
}

SCENARIO("messages that went through are counted with whom they are for") {
  begin();
  CHECK(passes(message(210)));
  CHECK(passes(message(220)));
  CHECK(!passes(message(1)));
  CHECK(passes(frame{})); // a beat
  auto other = message(210);
  other.destination = 8;
  CHECK(passes(other));
  CHECK_EQ(gate.passed_on().messages, 3u);
  CHECK_EQ(gate.take_passed().actors, (std::set<std::uint64_t>{7, 8}));
  CHECK_EQ(gate.passed_on().messages, 0u);
  CHECK(gate.passed_on().actors.empty());
}

SCENARIO("pieces of any size give the same") {
  const auto forbidden = message(1, std::string(300, 'x')).bytes();
  const auto all = client_handshake('p') + forbidden + message(210).bytes() + frame{}.bytes() +
                   message(220, std::string(500, 'y')).bytes();
  for (std::size_t step = 1; step < 90; ++step) {
    basp_gate other{basp_side::acceptor, rules, questions};
    std::string passed;
    for (std::size_t at = 0; at < all.size(); at += step)
      CHECK_EQ(other.feed(std::string_view{all}.substr(at, step), passed), "");
    auto expected = all;
    expected.erase(client_handshake('p').size(), forbidden.size());
    CHECK_EQ(passed, expected);
  }
}

SCENARIO("an own message that is too large is left out") {
  basp_outlet outlet{rules, questions};
  const auto large = message(210, std::string(2000, 'x')).bytes();
  for (std::size_t step : {std::size_t{1}, std::size_t{7}, std::size_t{5000}}) {
    basp_outlet other{rules, questions};
    std::string sent;
    const auto all = server_handshake('o') + large + frame{}.bytes();
    for (std::size_t at = 0; at < all.size(); at += step)
      other.feed(std::string_view{all}.substr(at, step), sent);
    CHECK_EQ(sent, server_handshake('o') + frame{}.bytes());
    CHECK_EQ(other.dropped(), 1u);
    CHECK_EQ(other.own_node(), node_id('o'));
  }
}

END_FIXTURE_SCOPE()
