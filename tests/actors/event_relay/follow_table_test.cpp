#define CAF_SUITE follow_table
#include <caf/test/bdd_dsl.hpp>

#include "actors/event_relay/follow_table.hpp"

using namespace troupe;
using event_relay::follow_table;
using nodes = std::vector<node_name>;
using fan_out = follow_table::fan_out;

namespace {

const node_name b{"b"};
const node_name c{"c"};

follow_table table_with(std::uint32_t window, const nodes& followers) {
  follow_table result{8, window};
  for (const auto& node : followers) {
    CHECK(result.greet(node));
    CHECK(result.follow(node));
  }
  return result;
}

} // namespace

SCENARIO("an event goes to everyone who follows") {
  auto uut = table_with(10, {b, c});
  uut.greet({"greeted only"});
  CHECK_EQ(uut.on_event(), (fan_out{{b, c}, {}}));
}

SCENARIO("nobody follows without a greeting") {
  follow_table uut{8, 10};
  CHECK(!uut.follow(b));
  CHECK_EQ(uut.on_event(), fan_out{});
}

SCENARIO("who has a full window is cut at the next event, and only it") {
  auto uut = table_with(2, {b, c});
  uut.on_event();
  uut.on_event();
  CHECK(uut.credit(c, 1));
  CHECK_EQ(uut.on_event(), (fan_out{{c}, {b}}));
  CHECK_EQ(uut.size(), 1u);
  CHECK(!uut.credit(b, 2));
  CHECK_EQ(uut.on_event(), (fan_out{{}, {c}}));
}

SCENARIO("credit keeps a follower for ever") {
  auto uut = table_with(2, {b});
  for (int i = 0; i < 1000; ++i) {
    CHECK_EQ(uut.on_event(), (fan_out{{b}, {}}));
    CHECK(uut.credit(b, 1));
  }
}

SCENARIO("credit for more than was sent is no store") {
  auto uut = table_with(2, {b});
  uut.on_event();
  CHECK(uut.credit(b, 1'000'000));
  CHECK_EQ(uut.on_event().cut, nodes{});
  CHECK_EQ(uut.on_event().cut, nodes{});
  CHECK_EQ(uut.on_event().cut, nodes{b});
}

SCENARIO("credit of one who does not follow is refused") {
  follow_table uut{8, 2};
  CHECK(!uut.credit(b, 0));
  uut.greet(b);
  CHECK(!uut.credit(b, 0));
}

SCENARIO("a second greeting voids the first following") {
  auto uut = table_with(2, {b});
  uut.on_event();
  CHECK(uut.greet(b));
  CHECK_EQ(uut.on_event(), fan_out{});
  CHECK(uut.follow(b));
  uut.on_event();
  CHECK_EQ(uut.on_event().cut, nodes{}); // a fresh window
  CHECK_EQ(uut.size(), 1u);
}

SCENARIO("a full table greets nobody new") {
  follow_table uut{2, 1};
  CHECK(uut.greet(b));
  CHECK(uut.greet(c));
  CHECK(!uut.greet({"d"}));
  CHECK(uut.greet(b));
  uut.remove(c);
  CHECK(uut.greet({"d"}));
  CHECK(!uut.greet(c));
}

SCENARIO("a removed follower hears nothing") {
  auto uut = table_with(2, {b, c});
  uut.remove(b);
  uut.remove(b);
  CHECK_EQ(uut.on_event(), (fan_out{{c}, {}}));
}
