#define CAF_SUITE auth_manager_host

#include "tests/actors/auth_manager/auth_manager_fixture.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <atomic>
#include <memory>

using namespace troupe;
using namespace troupe::testing;
using namespace std::chrono_literals;
using config::secret;

namespace {

external_tokens tokens_of(std::string_view id_token, std::string access) {
  return {secret{std::string{id_token}}, secret{std::move(access)}};
}

/// What an application was asked, and what it says.
struct host_log {
  std::atomic<int> questions = 0;
  std::optional<std::string> previous_account;
  external_tokens answer = tokens_of(id_token_1, "from-host");
};

token_host_actor::behavior_type answering_host(token_host_actor::pointer,
                                               std::shared_ptr<host_log> log) {
  return {[log](const refresh_external_login& x) -> caf::result<external_tokens> {
    log->previous_account = x.previous_account;
    ++log->questions;
    return log->answer;
  }};
}

class silent_host_state {
public:
  explicit silent_host_state(token_host_actor::pointer self) : self_(self) {}

  token_host_actor::behavior_type make_behavior() {
    return {[this](const refresh_external_login&) -> caf::result<external_tokens> {
      pending_ = self_->make_response_promise<external_tokens>();
      return pending_;
    }};
  }

private:
  token_host_actor::pointer self_;
  caf::typed_response_promise<external_tokens> pending_;
};

struct fixture : auth_manager_fixture {
  std::shared_ptr<host_log> log = std::make_shared<host_log>();
  token_host_actor host = system().spawn(answering_host, log);

  ~fixture() {
    deps.lent.reset();
    caf::anon_send_exit(host, caf::exit_reason::user_shutdown);
  }

  caf::error lend(const auth_manager_actor& to, const external_tokens& x) {
    return refusal<>(to, use_external_login{x, host});
  }
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("lent tokens win over the file and are written nowhere") {
  store(chatgpt_login());
  const auto manager = start();
  CHECK(!lend(manager, tokens_of(id_token_2, "lent")));
  const auto found = login(manager);
  CHECK(found.mode == login_mode::chatgpt_external);
  CHECK_EQ(found.token.reveal(), "lent");
  CHECK_EQ(found.account_id.value_or(""), "acc-2");
  CHECK_EQ(stored()->tokens->access_token.reveal(), "access-1");
}

SCENARIO("the host is asked for tokens after a 401, with the account that it lent") {
  const auto manager = start();
  CHECK(!lend(manager, tokens_of(id_token_1, "lent")));
  const auto refused = login(manager);
  const auto answer = recover(manager, recovery_step::ask_host, refused);
  CHECK(answer.outcome == recovery_outcome::renewed);
  CHECK_EQ(answer.login.token.reveal(), "from-host");
  CHECK_EQ(log->previous_account.value_or(""), "acc-1");
  CHECK_EQ(recover(manager, recovery_step::ask_host, refused).login.token.reveal(), "from-host");
  CHECK_EQ(log->questions.load(), 1);
}

SCENARIO("a host that says nothing is a failure for now, after its limit") {
  deps.limits.host = 1ms;
  const auto silent =
    system().spawn<caf::stateful_actor<silent_host_state, token_host_actor::impl>>();
  const auto manager = start();
  CHECK(!refusal<>(manager, use_external_login{tokens_of(id_token_1, "lent"), silent}));
  const auto refused = login(manager);
  const auto answer = recover(manager, recovery_step::ask_host, refused);
  CHECK(answer.outcome == recovery_outcome::failed);
  CHECK_NE(answer.message.find("did not answer"), std::string::npos);
  CHECK_EQ(login(manager).token.reveal(), "lent");
  caf::anon_send_exit(silent, caf::exit_reason::user_shutdown);
}

SCENARIO("tokens of a workspace that is not allowed are refused, lent and renewed") {
  deps.forced_workspaces = {"acc-1"};
  const auto manager = start();
  CHECK_EQ(lend(manager, tokens_of(id_token_2, "lent")), errc::invalid_request);
  CHECK(login(manager).mode == login_mode::none);
  CHECK(!lend(manager, tokens_of(id_token_1, "lent")));
  log->answer = tokens_of(id_token_2, "other");
  const auto answer = recover(manager, recovery_step::ask_host, login(manager));
  CHECK(answer.outcome == recovery_outcome::failed);
  CHECK_EQ(login(manager).token.reveal(), "lent");
}

SCENARIO("an id token that cannot be read is refused, lent and renewed") {
  const auto manager = start();
  CHECK_EQ(lend(manager, tokens_of("nonsense", "lent")), errc::invalid_request);
  CHECK(!lend(manager, tokens_of(id_token_1, "lent")));
  log->answer = tokens_of("nonsense", "other");
  CHECK(recover(manager, recovery_step::ask_host, login(manager)).outcome ==
        recovery_outcome::failed);
}

SCENARIO("a lent login outlives the actor that holds it") {
  deps.lent = std::make_shared<auth_manager::lent_login>();
  const auto first = start();
  CHECK(!lend(first, tokens_of(id_token_1, "lent")));
  caf::anon_send_exit(first, caf::exit_reason::kill);
  self()->wait_for(first);
  const auto second = start();
  const auto found = login(second);
  CHECK_EQ(found.token.reveal(), "lent");
  CHECK_EQ(recover(second, recovery_step::ask_host, found).login.token.reveal(), "from-host");
}

SCENARIO("logging out gives the lent login back, and the stored one is gone, too") {
  store(chatgpt_login());
  const auto manager = start();
  CHECK(!lend(manager, tokens_of(id_token_1, "lent")));
  CHECK(ask<logged_out>(manager, log_out{}).was_logged_in);
  CHECK(login(manager).mode == login_mode::none);
  CHECK(!stored().has_value());
}

END_FIXTURE_SCOPE()
