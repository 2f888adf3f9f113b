#define CAF_SUITE peer_view
#include <caf/test/bdd_dsl.hpp>

#include "actors/event_relay/peer_view.hpp"
#include "tests/actors/event_relay/relay_samples.hpp"

#include <map>
#include <random>

using namespace troupe;
using namespace troupe::test;
using event_relay::peer_view;
using event_relay::thread_event;
using events = std::vector<thread_event>;

namespace {

thread_closed lost(std::uint8_t number) {
  return closed(number, "node lost");
}

} // namespace

SCENARIO("the first list is all news") {
  peer_view uut;
  CHECK_EQ(uut.resync({{"a"}, {created(1), created(2)}}), (events{created(1), created(2)}));
  CHECK_EQ(uut.node(), node_name{"a"});
}

SCENARIO("a later list tells the difference, ends first") {
  peer_view uut;
  uut.resync({{"a"}, {created(1), created(2)}});
  CHECK_EQ(uut.resync({{"a"}, {created(2), created(3)}}), (events{lost(1), created(3)}));
  CHECK_EQ(uut.resync({{"a"}, {created(3), created(2)}}), events{});
  CHECK_EQ(uut.resync({{"a"}, {}}), (events{lost(2), lost(3)}));
}

SCENARIO("events are news once") {
  peer_view uut;
  uut.resync({{"a"}, {created(1)}});
  CHECK(!uut.add(created(1)));
  CHECK(uut.add(created(2)));
  CHECK(!uut.add(created(2)));
  CHECK(uut.remove(closed(2, "removed")));
  CHECK(!uut.remove(closed(2, "removed")));
  CHECK(!uut.remove(closed(9, "removed")));
  CHECK_EQ(uut.resync({{"a"}, {created(1)}}), events{});
}

SCENARIO("a thread named twice in a list is created once") {
  peer_view uut;
  CHECK_EQ(uut.resync({{"a"}, {created(1), created(1)}}), events{created(1)});
}

SCENARIO("a peer speaks for its own threads only") {
  peer_view uut;
  CHECK_EQ(uut.resync({{"a"}, {created(1), created(2, "c")}}), events{created(1)});
  CHECK(!uut.add(created(3, "c")));
  CHECK(!uut.remove(closed(1, "removed", "c")));
  CHECK(!peer_view{}.add(created(1)));
}

SCENARIO("a peer that comes back under another name has lost its threads") {
  peer_view uut;
  uut.resync({{"a"}, {created(1)}});
  CHECK_EQ(uut.resync({{"z"}, {created(1, "z")}}), (events{lost(1), created(1, "z")}));
  CHECK_EQ(uut.node(), node_name{"z"});
}

SCENARIO("a peer that is given up loses everything once") {
  peer_view uut;
  uut.resync({{"a"}, {created(1), created(2)}});
  CHECK_EQ(uut.forget(), (events{lost(1), lost(2)}));
  CHECK_EQ(uut.forget(), events{});
  CHECK_EQ(uut.resync({{"a"}, {created(1)}}), events{created(1)});
}

SCENARIO("with any losses, each thread is created and closed in turn and the lists agree") {
  std::mt19937 random{3};
  peer_view uut;
  std::map<std::uint8_t, bool> live; // on the peer
  std::map<thread_id, bool> told;    // to the subscribers
  const auto tell = [&](const thread_event& x) {
    const bool is_created = std::holds_alternative<thread_created>(x);
    const auto id = std::visit([](const auto& event) { return event.thread; }, x);
    if (told[id] == is_created)
      CAF_FAIL("told twice");
    told[id] = is_created;
  };
  const auto resync = [&] {
    following list{{"a"}, {}};
    for (const auto& [number, is_live] : live)
      if (is_live)
        list.live.push_back(created(number));
    for (const auto& event : uut.resync(list))
      tell(event);
    for (const auto& [number, is_live] : live)
      if (told[thread_number(number)] != is_live)
        CAF_FAIL("out of step after a list");
  };
  resync();
  for (int step = 0; step < 20'000; ++step) {
    const auto number = static_cast<std::uint8_t>(random() % 20);
    const bool is_lost = random() % 4 == 0;
    live[number] = !live[number];
    if (is_lost)
      continue;
    if (live[number] && uut.add(created(number)))
      tell(created(number));
    if (!live[number] && uut.remove(closed(number, "removed")))
      tell(closed(number, "removed"));
    if (random() % 10 == 0)
      resync();
  }
  CHECK(true);
}
