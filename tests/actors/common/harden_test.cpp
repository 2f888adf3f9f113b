#define CAF_SUITE harden
#include <caf/test/bdd_dsl.hpp>

#include "actors/common/harden.hpp"
#include "messages/type_ids.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <stdexcept>

using namespace troupe;

namespace {

using counter_actor = caf::typed_actor<caf::result<int>(int)>;

counter_actor::behavior_type counter(counter_actor::pointer self) {
  harden(self);
  return {[self](int x) -> caf::result<int> {
    if (x < 0)
      throw std::runtime_error("negative");
    if (x == 0)
      return caf::make_error(errc::invalid_request);
    return x + 1;
  }};
}

struct fixture : test_coordinator_fixture<> {
  counter_actor uut = sys.spawn(counter);

  ~fixture() { caf::anon_send_exit(uut, caf::exit_reason::user_shutdown); }

  bool lives() {
    bool result = false;
    auto request = self->request(uut, caf::infinite, 1);
    run();
    request.receive([&](int x) { result = x == 2; }, [](caf::error&) {});
    return result;
  }
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("an unknown one-way message hurts neither side") {
  bool sender_lives = false;
  const auto sender = sys.spawn([&](caf::event_based_actor* me) {
    harden(me);
    me->send(caf::actor_cast<caf::actor>(uut), std::string{"what?"});
    return caf::behavior{[&](int) { sender_lives = true; }};
  });
  run();
  caf::anon_send(sender, 1);
  run();
  CHECK(sender_lives);
  CHECK(lives());
  caf::anon_send_exit(sender, caf::exit_reason::user_shutdown);
}

SCENARIO("an unknown request is answered with an error") {
  bool refused = false;
  auto request = self->request(caf::actor_cast<caf::actor>(uut), caf::infinite, std::string{"?"});
  run();
  request.receive([](int) {}, [&](caf::error& x) { refused = x == caf::sec::unexpected_message; });
  CHECK(refused);
  CHECK(lives());
}

SCENARIO("a stray error or value in return for a one-way message is survived") {
  const auto sender = sys.spawn([&](caf::event_based_actor* me) {
    harden(me);
    me->send(uut, 0);
    me->send(uut, 5);
    return caf::behavior{[](std::string x) { return x; }};
  });
  run();
  auto request = self->request(sender, caf::infinite, std::string{"there?"});
  run();
  request.receive([](const std::string& x) { CHECK_EQ(x, "there?"); },
                  [](caf::error& x) { CAF_FAIL("sender is gone: " << x); });
  CHECK(lives());
  caf::anon_send_exit(sender, caf::exit_reason::user_shutdown);
}

SCENARIO("a stray down message is survived") {
  caf::anon_send(caf::actor_cast<caf::actor>(uut), caf::down_msg{self->address(), {}});
  run();
  CHECK(lives());
}

SCENARIO("an exception ends the actor with an internal error") {
  self->monitor(uut);
  caf::anon_send(uut, -1);
  run();
  bool down = false;
  self->receive([&](const caf::down_msg& x) { down = x.reason == errc::internal; });
  CHECK(down);
}

END_FIXTURE_SCOPE()
