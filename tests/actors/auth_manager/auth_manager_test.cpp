#define CAF_SUITE auth_manager

#include "tests/actors/auth_manager/auth_manager_fixture.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <boost/json.hpp>

using namespace troupe;
using namespace troupe::testing;
using namespace std::chrono_literals;
using config::secret;

namespace {

using fixture = auth_manager_fixture;

config::login stale_login() {
  return chatgpt_login({.age = 9 * 24h});
}

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("the stored login is read when nobody has brought one") {
  store(chatgpt_login());
  const auto found = login(start());
  CHECK(found.mode == login_mode::chatgpt);
  CHECK_EQ(found.token.reveal(), "access-1");
  CHECK_EQ(found.account_id.value_or(""), "acc-1");
}

SCENARIO("nobody is logged in where there is no file, and where it cannot be read") {
  CHECK(login(start()).mode == login_mode::none);
  disk().write("auth.json", "{\"tokens\":");
  CHECK(login(start()).mode == login_mode::none);
}

SCENARIO("a login that the front door has read is not read again") {
  store(key_login("stored"));
  deps.first = auth_manager::first_login::given;
  deps.login = key_login("given");
  CHECK_EQ(login(start()).token.reveal(), "given");
}

SCENARIO("CODEX_API_KEY counts only where it is allowed") {
  store(chatgpt_login());
  variables["CODEX_API_KEY"] = "env-key";
  CHECK_EQ(login(start()).token.reveal(), "access-1");
  deps.sources.environment_key = config::key_from_environment::allowed;
  const auto found = login(start());
  CHECK(found.mode == login_mode::api_key);
  CHECK_EQ(found.token.reveal(), "env-key");
}

SCENARIO("tokens of nine days are renewed before a request, by four fields of JSON") {
  scripted_peer server{{tokens_answer("2")}};
  use_token_server(server);
  store(stale_login());
  const auto found = login(start());
  CHECK_EQ(found.token.reveal(), "access-2");
  REQUIRE_EQ(server.requests().size(), 1u);
  const auto request = server.requests().front();
  CHECK_EQ(request.method, "POST");
  CHECK_EQ(request.target, "/v1/token");
  CHECK_EQ(request.headers.find("originator").value_or(""), "test");
  CHECK_EQ(request.headers.find("User-Agent").value_or(""), "test/1.0");
  CHECK_EQ(request.headers.find("Content-Type").value_or(""), "application/json");
  CHECK(!request.headers.contains("Authorization"));
  CHECK_EQ(boost::json::parse(request.body).as_object().size(), 4u);
  const auto saved = stored();
  CHECK_EQ(saved->tokens->refresh_token.reveal(), "refresh-2");
  CHECK_EQ(saved->tokens->id_token.reveal(), id_token_1);
  CHECK_EQ(saved->tokens->account_id.value_or(""), "acc-1");
  CHECK_EQ(saved->last_refresh.value_or(""), auth_manager::time_text(sample_now));
  CHECK(std::filesystem::status(config::auth_file(home())).permissions() ==
        std::filesystem::perms{0600});
}

SCENARIO("tokens of one day are not renewed") {
  scripted_peer server{{tokens_answer("2")}};
  use_token_server(server);
  store(chatgpt_login({.age = 24h}));
  CHECK_EQ(login(start()).token.reveal(), "access-1");
  CHECK(server.requests().empty());
}

SCENARIO("after a 401 the changed file is taken first, without a refresh") {
  scripted_peer server{{tokens_answer("2")}};
  use_token_server(server);
  store(chatgpt_login());
  const auto manager = start();
  const auto refused = login(manager);
  store(chatgpt_login({.access = "from-disk"}));
  const auto answer = recover(manager, recovery_step::reload, refused);
  CHECK(answer.outcome == recovery_outcome::reloaded);
  CHECK_EQ(answer.login.token.reveal(), "from-disk");
  CHECK(server.requests().empty());
  const auto second = recover(manager, recovery_step::refresh, answer.login);
  CHECK(second.outcome == recovery_outcome::renewed);
  CHECK_EQ(second.login.token.reveal(), "access-2");
  CHECK_EQ(server.requests().size(), 1u);
  CHECK_EQ(login(manager).token.reveal(), "access-2");
}

SCENARIO(
  "with another account in the file the known token is used, and the file's record renewed") {
  scripted_peer server{{tokens_answer("2")}};
  use_token_server(server);
  store(chatgpt_login());
  const auto manager = start();
  const auto refused = login(manager);
  store(chatgpt_login({.access = "a", .refresh = "r", .account = "acc-2"}));
  const auto answer = recover(manager, recovery_step::reload, refused);
  CHECK(answer.outcome == recovery_outcome::renewed);
  CHECK_EQ(answer.login.token.reveal(), "access-2");
  CHECK_EQ(answer.login.account_id.value_or(""), "acc-2");
  REQUIRE_EQ(server.requests().size(), 1u);
  CHECK_NE(server.requests().front().body.find("\"refresh-1\""), std::string::npos);
  CHECK_EQ(stored()->tokens->account_id.value_or(""), "acc-2");
  CHECK_EQ(stored()->tokens->refresh_token.reveal(), "refresh-2");
}

SCENARIO("two hundred threads that are refused together make one refresh request") {
  scripted_peer server{{tokens_answer("2"), refused_answer("refresh_token_reused")}};
  use_token_server(server);
  store(chatgpt_login());
  const auto manager = start();
  const auto refused = login(manager);
  constexpr std::size_t threads = 200;
  for (std::size_t i = 0; i < threads; ++i)
    caf::anon_send(manager, recovery_of(recovery_step::refresh, refused));
  const auto answer = recover(manager, recovery_step::refresh, refused);
  CHECK(answer.outcome == recovery_outcome::renewed);
  CHECK_EQ(recover(manager, recovery_step::refresh, refused).login.token.reveal(), "access-2");
  CHECK_EQ(server.requests().size(), 1u);
}

SCENARIO("two nodes with one home use a refresh token once") {
  scripted_peer server{{tokens_answer("2"), refused_answer("refresh_token_reused")}};
  use_token_server(server);
  store(chatgpt_login());
  const auto one = start();
  const auto two = start();
  const auto refused = login(one);
  CHECK_EQ(login(two).token.reveal(), "access-1");
  caf::anon_send(one, recovery_of(recovery_step::refresh, refused));
  const auto second = recover(two, recovery_step::refresh, refused);
  const auto first = recover(one, recovery_step::refresh, refused);
  CHECK(second.outcome == recovery_outcome::renewed);
  CHECK_EQ(second.login.token.reveal(), "access-2");
  CHECK_EQ(first.login.token.reveal(), "access-2");
  CHECK_EQ(server.requests().size(), 1u);
}

SCENARIO("logging out removes the file and forgets the login") {
  store(chatgpt_login());
  const auto manager = start();
  CHECK(login(manager).mode == login_mode::chatgpt);
  CHECK(ask<logged_out>(manager, log_out{}).was_logged_in);
  CHECK(login(manager).mode == login_mode::none);
  CHECK(!std::filesystem::exists(config::auth_file(home())));
  CHECK(!ask<logged_out>(manager, log_out{}).was_logged_in);
}

END_FIXTURE_SCOPE()
