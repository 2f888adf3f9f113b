#define CAF_SUITE auth_manager_watch

#include "tests/actors/auth_manager/auth_manager_fixture.hpp"

#include <caf/test/bdd_dsl.hpp>

using namespace troupe;
using namespace troupe::testing;
using namespace std::chrono_literals;

namespace {

struct fixture : auth_manager_fixture {
  caf::error watch(const auth_manager_actor& x) {
    const watch_login request{caf::actor_cast<login_watcher_actor>(caf::actor{self().ptr()})};
    caf::error result;
    self()->request(x, 20s, request).receive([] {}, [&](caf::error& e) { result = std::move(e); });
    return result;
  }

  login_changed heard() {
    login_changed result;
    bool has_come = false;
    self()->receive(
      [&](login_changed& x) {
        result = std::move(x);
        has_come = true;
      },
      caf::after(20s) >> [] {});
    CHECK(has_come);
    return result;
  }

  bool hears_nothing() {
    bool result = true;
    self()->receive([&](const login_changed&) { result = false; }, caf::after(0s) >> [] {});
    return result;
  }
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("who watches hears of the login as soon as it is known") {
  store(chatgpt_login());
  const auto uut = start();
  CHECK(!watch(uut));
  CHECK(heard() == (login_changed{login_mode::chatgpt, "acc-1"}));
}

SCENARIO("a login that somebody else has given or taken is told, a question is not") {
  deps.first = auth_manager::first_login::given;
  deps.login = key_login("given");
  const auto uut = start();
  CHECK(!watch(uut));
  CHECK(heard() == (login_changed{login_mode::api_key, std::nullopt}));
  login(uut);
  CHECK(hears_nothing());
  ask<logged_out>(uut, log_out{});
  CHECK(heard() == login_changed{});
}

SCENARIO("renewed tokens are no change") {
  scripted_peer server{{tokens_answer("2")}};
  use_token_server(server);
  store(chatgpt_login({.age = 9 * 24h}));
  const auto uut = start();
  CHECK(!watch(uut));
  CHECK(heard().mode == login_mode::chatgpt);
  CHECK_EQ(login(uut).token.reveal(), "access-2");
  CHECK(hears_nothing());
}

SCENARIO("too many watchers are refused") {
  deps.limits.watchers = 1;
  const auto uut = start();
  CHECK(!watch(uut));
  CHECK(watch(uut) == errc::queue_full);
}

END_FIXTURE_SCOPE()
