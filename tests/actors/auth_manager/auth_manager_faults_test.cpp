#define CAF_SUITE auth_manager_faults

#include "tests/actors/auth_manager/auth_manager_fixture.hpp"
#include "tests/actors/rollout_recorder/file_size_limit.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <fstream>
#include <sstream>

using namespace troupe;
using namespace troupe::testing;
using namespace std::chrono_literals;

namespace {

config::login stale_login() {
  return chatgpt_login({.age = 9 * 24h});
}

struct fixture : auth_manager_fixture {
  std::string file_text() const {
    std::ifstream in(config::auth_file(home()));
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
  }

  /// A refresh after the file's tokens were refused.
  login_recovery refresh_once() {
    store(chatgpt_login());
    const auto manager = start();
    return recover(manager, recovery_step::refresh, login(manager));
  }
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("a renewal that fails leaves the request its old token, and the server its peace") {
  scripted_peer server{{plain_answer(500, "{}"), tokens_answer("2")}};
  use_token_server(server);
  store(stale_login());
  const auto before = file_text();
  const auto manager = start();
  CHECK_EQ(login(manager).token.reveal(), "access-1");
  CHECK_EQ(login(manager).token.reveal(), "access-1");
  CHECK_EQ(server.requests().size(), 1u);
  CHECK_EQ(file_text(), before);
  now = now.load() + auth_manager::login_desk::renewal_pause;
  CHECK_EQ(login(manager).token.reveal(), "access-2");
}

SCENARIO("an expired refresh token is a refusal for good and leaves the file as it is") {
  scripted_peer server{{refused_answer("refresh_token_expired")}};
  use_token_server(server);
  store(chatgpt_login());
  const auto before = file_text();
  const auto manager = start();
  const auto refused = login(manager);
  const auto answer = recover(manager, recovery_step::refresh, refused);
  CHECK(answer.outcome == recovery_outcome::refused);
  CHECK_NE(answer.message.find("expired"), std::string::npos);
  CHECK_EQ(file_text(), before);
  CHECK(recover(manager, recovery_step::refresh, refused).outcome == recovery_outcome::refused);
  CHECK_EQ(server.requests().size(), 1u);
}

SCENARIO("a server error is a failure for now, with the server's words") {
  scripted_peer server{{plain_answer(500, R"({"error":{"message":"out of order"}})")}};
  use_token_server(server);
  const auto answer = refresh_once();
  CHECK(answer.outcome == recovery_outcome::failed);
  CHECK_NE(answer.message.find("out of order"), std::string::npos);
}

SCENARIO("garbage, a cut and a refused connection are failures for now") {
  scripted_peer garbage{{plain_answer(200, "<html>")}};
  use_token_server(garbage);
  CHECK(refresh_once().outcome == recovery_outcome::failed);
  scripted_peer cut{{resetting_answer()}};
  use_token_server(cut);
  CHECK(refresh_once().outcome == recovery_outcome::failed);
  variables["CODEX_REFRESH_TOKEN_URL_OVERRIDE"] = "http://127.0.0.1:1/token";
  CHECK(refresh_once().outcome == recovery_outcome::failed);
  variables["CODEX_REFRESH_TOKEN_URL_OVERRIDE"] = "nonsense";
  CHECK(refresh_once().outcome == recovery_outcome::failed);
}

SCENARIO("an endless answer is cut off at its bound") {
  scripted_peer server{{plain_answer(200, std::string(1024 * 1024, 'x'))}};
  use_token_server(server);
  CHECK(refresh_once().outcome == recovery_outcome::failed);
}

SCENARIO("a token server that does not answer is given up after its limit") {
  deps.limits.refresh = 20ms;
  scripted_peer server{{hanging_answer()}};
  use_token_server(server);
  CHECK(refresh_once().outcome == recovery_outcome::failed);
  CHECK(server.wait_for_departures(1));
}

SCENARIO("a request waits for a renewal no longer than its patience") {
  deps.limits.patience = 20ms;
  scripted_peer server{{hanging_answer()}};
  use_token_server(server);
  store(stale_login());
  const auto manager = start();
  CHECK_EQ(login(manager).token.reveal(), "access-1");
  CHECK_EQ(login(manager).token.reveal(), "access-1");
  CHECK_EQ(server.requests().size(), 1u);
}

SCENARIO("work that hangs is given up, whatever it waits for") {
  deps.limits.work = 20ms;
  deps.post = [](const std::function<void()>&) {}; // a disk that never answers
  deps.first = auth_manager::first_login::given;
  deps.login = chatgpt_login();
  const auto manager = start();
  const auto answer = recover(manager, recovery_step::reload, login(manager));
  CHECK(answer.outcome == recovery_outcome::failed);
  CHECK_NE(answer.message.find("too long"), std::string::npos);
}

SCENARIO("nothing is sent while another process holds the lock, and it is named when time is up") {
  deps.limits.work = 50ms;
  scripted_peer server{{tokens_answer("2")}};
  use_token_server(server);
  const auto lock = config::login_lock::try_take(home());
  REQUIRE(std::holds_alternative<config::login_lock>(lock));
  const auto answer = refresh_once();
  CHECK(answer.outcome == recovery_outcome::failed);
  CHECK_NE(answer.message.find("another process"), std::string::npos);
  CHECK(server.requests().empty());
}

SCENARIO("where no lock can be had no token is used up") {
  scripted_peer server{{tokens_answer("2")}};
  use_token_server(server);
  disk().make_folder("auth.json.lock");
  const auto answer = refresh_once();
  CHECK(answer.outcome == recovery_outcome::failed);
  CHECK_NE(answer.message.find("cannot lock"), std::string::npos);
  CHECK(server.requests().empty());
}

SCENARIO("renewed tokens are used although the disk is full, and stored when it has room") {
  scripted_peer server{{tokens_answer("2")}};
  use_token_server(server);
  store(chatgpt_login());
  const auto manager = start();
  const auto before = file_text();
  {
    const test::file_size_limit full{16};
    const auto answer = recover(manager, recovery_step::refresh, login(manager));
    CHECK(answer.outcome == recovery_outcome::renewed);
    CHECK_EQ(answer.login.token.reveal(), "access-2");
  }
  CHECK_EQ(file_text(), before);
  now = now.load() + auth_manager::login_desk::save_pause;
  CHECK_EQ(login(manager).token.reveal(), "access-2"); // begins to write
  CHECK(recover(manager, recovery_step::reload, login(manager)).outcome ==
        recovery_outcome::reloaded); // comes after it
  CHECK_EQ(stored()->tokens->refresh_token.reveal(), "refresh-2");
  CHECK_EQ(server.requests().size(), 1u);
}

SCENARIO("a store that somebody empties during a refresh gets no tokens") {
  scripted_peer server{
    {stream_answer({gate{}, R"({"access_token":"access-2","refresh_token":"refresh-2"})"})}};
  use_token_server(server);
  store(chatgpt_login());
  const auto manager = start();
  const auto refused = login(manager);
  caf::anon_send(manager, recovery_of(recovery_step::refresh, refused));
  REQUIRE(server.wait_for_requests(1));
  std::filesystem::remove(config::auth_file(home()));
  server.open_gate();
  const auto answer = recover(manager, recovery_step::refresh, refused);
  CHECK(answer.outcome == recovery_outcome::failed);
  CHECK(!std::filesystem::exists(config::auth_file(home())));
}

SCENARIO("a refresh that has begun is finished before the actor ends: its token is used up") {
  scripted_peer server{
    {stream_answer({gate{}, R"({"access_token":"access-2","refresh_token":"refresh-2"})"})}};
  use_token_server(server);
  store(chatgpt_login());
  const auto manager = start();
  caf::anon_send(manager, recovery_of(recovery_step::refresh, login(manager)));
  REQUIRE(server.wait_for_requests(1));
  caf::anon_send_exit(manager, caf::exit_reason::user_shutdown);
  CHECK_EQ(refusal<login_snapshot>(manager, get_login{}), errc::shutting_down);
  server.open_gate();
  self()->wait_for(manager);
  CHECK_EQ(stored()->tokens->refresh_token.reveal(), "refresh-2");
}

SCENARIO("who waits is told when the actor ends") {
  deps.post = [](const std::function<void()>&) {};
  const auto manager = start();
  auto waiting = self()->request(manager, 20s, get_login{});
  caf::anon_send_exit(manager, caf::exit_reason::user_shutdown);
  caf::error problem;
  waiting.receive([](const login_snapshot&) {},
                  [&](caf::error& error) { problem = std::move(error); });
  CHECK_EQ(problem, errc::shutting_down);
}

SCENARIO("more requests than may wait are refused") {
  deps.post = [](const std::function<void()>&) {};
  deps.limits.waiting = 1;
  const auto manager = start();
  auto first = self()->request(manager, 20s, get_login{});
  CHECK_EQ(refusal<login_snapshot>(manager, get_login{}), errc::queue_full);
  caf::anon_send_exit(manager, caf::exit_reason::user_shutdown);
  first.receive([](const login_snapshot&) {}, [](const caf::error&) {});
}

END_FIXTURE_SCOPE()
