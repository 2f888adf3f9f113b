#define CAF_SUITE event_tap
#include <caf/test/bdd_dsl.hpp>

#include "actors/common/event_tap.hpp"
#include "actors/common/harden.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/group.hpp>
#include <caf/typed_event_based_actor.hpp>

using namespace troupe;

namespace {

struct seen_events {
  std::vector<thread_created> created;
  std::vector<thread_closed> closed;
};

struct fixture : test_coordinator_fixture<> {
  seen_events seen;
  caf::group events = sys.groups().get_local("event-tap-test");
  thread_events_actor subscriber =
    sys.spawn([this](thread_events_actor::pointer me) -> thread_events_actor::behavior_type {
      harden(me);
      return {[this](const thread_created& x) { seen.created.push_back(x); },
              [this](const thread_closed& x) { seen.closed.push_back(x); }};
    });
  caf::actor tap = sys.spawn(event_tap, events, subscriber);

  fixture() { run(); }

  ~fixture() {
    caf::anon_send_exit(subscriber, caf::exit_reason::user_shutdown);
    subscriber = nullptr;
    run();
  }

  thread_created created(std::uint8_t number) {
    thread_created result;
    result.thread.bytes[0] = number;
    result.node = {"a"};
    return result;
  }

  bool tap_lives() {
    return !caf::actor_cast<caf::abstract_actor*>(tap)->getf(
      caf::abstract_actor::is_terminated_flag);
  }
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("what is published reaches the typed subscriber in order") {
  caf::anon_send(events, created(1));
  caf::anon_send(events, thread_closed{created(1).thread, "removed", {"a"}});
  caf::anon_send(events, created(2));
  run();
  CHECK_EQ(seen.created, (std::vector{created(1), created(2)}));
  REQUIRE_EQ(seen.closed.size(), 1u);
  CHECK_EQ(seen.closed[0].reason, "removed");
}

SCENARIO("a group message the tap does not know is survived") {
  caf::anon_send(events, std::string{"noise"});
  run();
  caf::anon_send(events, created(1));
  run();
  CHECK_EQ(seen.created.size(), 1u);
}

SCENARIO("the tap ends with its subscriber, however that ends") {
  for (const auto reason : {caf::exit_reason::normal, caf::exit_reason::user_shutdown}) {
    auto target =
      sys.spawn([reason](thread_events_actor::pointer me) -> thread_events_actor::behavior_type {
        return {[](const thread_created&) {},
                [me, reason](const thread_closed&) { me->quit(reason); }};
      });
    tap = sys.spawn(event_tap, events, target);
    run();
    CHECK(tap_lives());
    caf::anon_send(target, thread_closed{});
    run();
    CHECK(!tap_lives());
  }
}

END_FIXTURE_SCOPE()
