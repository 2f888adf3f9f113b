#define CAF_SUITE recovery

#include "actors/auth_manager/recovery.hpp"

#include <caf/test/bdd_dsl.hpp>

using namespace troupe;
using troupe::auth_manager::recovery;

namespace {

login_snapshot chatgpt_login(std::uint64_t generation = 1) {
  return {.generation = generation,
          .mode = login_mode::chatgpt,
          .token = secret{"t"},
          .account_id = "acc",
          .repair = login_repair::possible};
}

login_snapshot external_login() {
  auto x = chatgpt_login();
  x.mode = login_mode::chatgpt_external;
  return x;
}

login_recovery answer(recovery_outcome outcome) {
  return {.outcome = outcome};
}

} // namespace

SCENARIO("a managed login is reloaded, then refreshed, and that is all") {
  const auto login = chatgpt_login(5);
  recovery x{login};
  REQUIRE(x.has_next(login));
  CHECK((x.next(login) == recover_login{recovery_step::reload, 5, "acc"}));
  x.on(answer(recovery_outcome::reloaded));
  const auto reloaded = chatgpt_login(6);
  REQUIRE(x.has_next(reloaded));
  CHECK((x.next(reloaded) == recover_login{recovery_step::refresh, 6, std::nullopt}));
  x.on(answer(recovery_outcome::renewed));
  CHECK(!x.has_next(chatgpt_login(7)));
}

SCENARIO("a reload that had to refresh leaves nothing more to try") {
  recovery x{chatgpt_login()};
  x.on(answer(recovery_outcome::renewed));
  CHECK(!x.has_next(chatgpt_login(2)));
}

SCENARIO("a step that failed is not passed") {
  const auto login = chatgpt_login();
  for (const auto outcome : {recovery_outcome::failed, recovery_outcome::refused}) {
    recovery x{login};
    x.on(answer(outcome));
    CHECK_EQ(x.next(login).step, recovery_step::reload);
    x.on(answer(recovery_outcome::reloaded));
    x.on(answer(outcome));
    CHECK(x.has_next(login));
    CHECK_EQ(x.next(login).step, recovery_step::refresh);
  }
}

SCENARIO("tokens of a host are asked for once") {
  const auto login = external_login();
  recovery x{login};
  REQUIRE(x.has_next(login));
  CHECK((x.next(login) == recover_login{recovery_step::ask_host, 1, std::nullopt}));
  x.on(answer(recovery_outcome::renewed));
  CHECK(!x.has_next(login));
}

SCENARIO("an API key, no login, and a host that cannot be asked are not recovered") {
  auto orphan = external_login();
  orphan.repair = login_repair::impossible;
  const login_snapshot key{.generation = 1, .mode = login_mode::api_key, .token = secret{"k"}};
  for (const auto& login : {orphan, key, login_snapshot{}})
    CHECK(!recovery{login}.has_next(login));
}

SCENARIO("kind and account are those of the creation, whatever the login is later") {
  recovery x{chatgpt_login()};
  auto other = external_login();
  other.account_id = "other";
  CHECK((x.next(other) == recover_login{recovery_step::reload, 1, "acc"}));
}

SCENARIO("a login that stopped being ChatGPT's ends the recovery") {
  recovery x{chatgpt_login()};
  const login_snapshot key{.generation = 2, .mode = login_mode::api_key, .token = secret{"k"}};
  CHECK(!x.has_next(key));
}
