#define CAF_SUITE login_desk

#include "actors/auth_manager/login_desk.hpp"
#include "tests/actors/auth_manager/login_samples.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <map>

using namespace troupe;
using namespace troupe::auth_manager;
using namespace troupe::testing;
using namespace std::chrono_literals;
using config::secret;

namespace {

constexpr recover_login reload_of(std::uint64_t generation) {
  return {.step = recovery_step::reload, .refused = generation};
}

/// A desk, its clock, and what came of the tickets.
struct desk_run {
  explicit desk_run(std::optional<config::login> known) : desk(std::move(known)) {}
  desk_run() = default;

  login_desk desk;
  time_point now = sample_now;
  std::map<ticket, desk_answer> answers;

  void collect() {
    for (auto& [whose, answer] : desk.take_answers())
      answers.emplace(whose, std::move(answer));
  }
  std::size_t answered() {
    collect();
    return answers.size();
  }
  bool is_answered(ticket whose) {
    collect();
    return answers.contains(whose);
  }
  login_snapshot login(ticket whose) {
    collect();
    return std::get<login_snapshot>(answers.at(whose));
  }
  login_recovery recovery(ticket whose) {
    collect();
    return std::get<login_recovery>(answers.at(whose));
  }

  void get(ticket whose) { desk.ask(whose, get_login{}, now); }
  void reload(ticket whose, std::uint64_t refused, std::optional<std::string> account = "acc-1") {
    auto x = reload_of(refused);
    x.expected_account = std::move(account);
    desk.ask(whose, x, now);
  }
  void refresh(ticket whose, std::uint64_t refused) {
    desk.ask(whose, recover_login{.step = recovery_step::refresh, .refused = refused}, now);
  }
  void ask_the_host(ticket whose, std::uint64_t refused) {
    desk.ask(whose, recover_login{.step = recovery_step::ask_host, .refused = refused}, now);
  }

  /// The order that is due, which must be of this type.
  template <class Order>
  std::optional<Order> order() {
    const auto due = desk.take_order();
    const auto* found = due ? std::get_if<Order>(&*due) : nullptr;
    return found ? std::optional{*found} : std::nullopt;
  }

  /// The token server answers with tokens of that name, and they are written.
  void renew(std::string_view name, const config::login& stored = chatgpt_login(),
             bool is_written = true) {
    const renewed_tokens tokens{
      {}, secret{"access-" + std::string{name}}, secret{"refresh-" + std::string{name}}};
    desk.on_refreshed(tokens, now);
    const auto save = order<save_tokens>();
    if (!save)
      CAF_FAIL("nothing is to be saved");
    desk.on_saved(
      {std::get<config::login>(with_tokens(stored, save->tokens, save->renewed_at)), is_written},
      now);
  }
};

config::login stale_login() {
  return chatgpt_login({.age = 9 * 24h});
}

const refresh_failure down{refusal::transient, "down"};
const refresh_failure used_up{refusal::exhausted, "used up"};

} // namespace

SCENARIO("a fresh login is answered at once, and nothing is done") {
  desk_run x{chatgpt_login()};
  x.get(1);
  CHECK_EQ(x.login(1).token.reveal(), "access-1");
  CHECK_EQ(x.login(1).account_id.value_or(""), "acc-1");
  CHECK(x.login(1).repair == login_repair::possible);
  CHECK(!x.desk.take_order());
}

SCENARIO("without a login and with a key there is nothing to repair") {
  desk_run nobody{std::nullopt};
  nobody.get(1);
  CHECK(nobody.login(1).mode == login_mode::none);
  CHECK(nobody.login(1).repair == login_repair::impossible);
  desk_run key{key_login("k")};
  key.get(1);
  CHECK_EQ(key.login(1).token.reveal(), "k");
  key.reload(2, key.login(1).generation);
  CHECK(key.recovery(2).outcome == recovery_outcome::failed);
  CHECK(!key.desk.take_order());
}

SCENARIO("a desk that knows nothing loads first, and then answers everybody") {
  desk_run x;
  x.get(1);
  x.get(2);
  REQUIRE(x.order<load_login>().has_value());
  CHECK_EQ(x.answered(), 0u);
  x.desk.on_loaded(chatgpt_login(), x.now);
  CHECK_EQ(x.login(1).token.reveal(), "access-1");
  CHECK_EQ(x.login(2).token.reveal(), "access-1");
  CHECK(x.desk.is_idle());
}

SCENARIO("a stale login is renewed before it is handed out, once for all who wait") {
  desk_run x{stale_login()};
  x.get(1);
  x.get(2);
  REQUIRE(x.order<open_store>().has_value());
  x.desk.on_opened(stale_login(), x.now);
  const auto sent = x.order<send_refresh>();
  REQUIRE(sent.has_value());
  CHECK_EQ(sent->refresh_token.reveal(), "refresh-1");
  x.get(3);
  CHECK_EQ(x.answered(), 0u);
  x.renew("2", stale_login());
  for (const ticket whose : {1u, 2u, 3u})
    CHECK_EQ(x.login(whose).token.reveal(), "access-2");
  CHECK(x.desk.is_idle());
  x.get(4);
  CHECK_EQ(x.login(4).token.reveal(), "access-2");
  CHECK(!x.desk.take_order());
}

SCENARIO("a renewal that fails leaves the old login, and is not tried for a while") {
  desk_run x{stale_login()};
  x.get(1);
  x.desk.on_failed(down, x.now);
  CHECK_EQ(x.login(1).token.reveal(), "access-1");
  x.now += login_desk::renewal_pause - 1s;
  x.get(2);
  CHECK(x.is_answered(2));
  x.now += 1s;
  x.get(3);
  CHECK(!x.is_answered(3));
}

SCENARIO("a renewal that was refused for good is not tried again with the same login") {
  desk_run x{stale_login()};
  x.get(1);
  x.desk.on_failed(used_up, x.now);
  x.now += 100 * login_desk::renewal_pause;
  x.get(2);
  CHECK_EQ(x.login(2).token.reveal(), "access-1");
  x.refresh(3, x.login(2).generation);
  CHECK(x.recovery(3).outcome == recovery_outcome::refused);
  CHECK_EQ(x.recovery(3).message, "used up");
  CHECK(!x.desk.take_order());
}

SCENARIO("requests that have waited long enough go on with the old login") {
  desk_run x{stale_login()};
  x.get(1);
  x.refresh(2, 1);
  x.desk.stop_waiting_for_renewal();
  x.get(3);
  CHECK_EQ(x.login(1).token.reveal(), "access-1");
  CHECK_EQ(x.login(3).token.reveal(), "access-1");
  CHECK(!x.is_answered(2));
}

SCENARIO("after a 401 the stored login of the same account is taken without a refresh") {
  desk_run x{chatgpt_login()};
  x.reload(1, 1);
  REQUIRE(x.order<load_login>().has_value());
  x.desk.on_loaded(chatgpt_login({.access = "access-disk"}), x.now);
  CHECK(x.recovery(1).outcome == recovery_outcome::reloaded);
  CHECK_EQ(x.recovery(1).login.token.reveal(), "access-disk");
  CHECK_EQ(x.recovery(1).login.generation, 2u);
  CHECK(x.desk.is_idle());
}

SCENARIO("a reload that finds nothing new is a step all the same") {
  desk_run x{chatgpt_login()};
  x.reload(1, 1);
  x.desk.on_loaded(chatgpt_login(), x.now);
  CHECK(x.recovery(1).outcome == recovery_outcome::reloaded);
  CHECK_EQ(x.recovery(1).login.generation, 1u);
}

SCENARIO(
  "another account in the store is not taken: the known refresh token is used, and the stored "
  "record gets the tokens") {
  const auto other = chatgpt_login({.access = "a", .refresh = "r", .account = "acc-2", .age = 0h});
  desk_run x{chatgpt_login()};
  x.reload(1, 1);
  x.desk.on_loaded(other, x.now);
  CHECK_EQ(x.answered(), 0u);
  REQUIRE(x.order<open_store>().has_value());
  x.desk.on_opened(other, x.now);
  const auto sent = x.order<send_refresh>();
  REQUIRE(sent.has_value());
  CHECK_EQ(sent->refresh_token.reveal(), "refresh-1");
  x.renew("2", other);
  CHECK(x.recovery(1).outcome == recovery_outcome::renewed);
  CHECK_EQ(x.recovery(1).login.token.reveal(), "access-2");
  CHECK_EQ(x.recovery(1).login.account_id.value_or(""), "acc-2");
}

SCENARIO("a login without an account is never taken from the store") {
  const auto nobody = chatgpt_login({.account = std::nullopt});
  desk_run x{nobody};
  x.reload(1, 1, std::nullopt);
  x.desk.on_loaded(nobody, x.now);
  CHECK(x.order<open_store>().has_value());
}

SCENARIO("all threads that were refused together share one reload and one refresh") {
  desk_run x{chatgpt_login()};
  for (ticket whose = 1; whose <= 400; ++whose)
    x.reload(whose, 1);
  REQUIRE(x.order<load_login>().has_value());
  x.desk.on_loaded(chatgpt_login(), x.now);
  CHECK_EQ(x.answered(), 400u);
  CHECK(x.desk.is_idle());
  for (ticket whose = 401; whose <= 800; ++whose)
    x.refresh(whose, 1);
  x.order<open_store>();
  x.desk.on_opened(chatgpt_login(), x.now);
  REQUIRE(x.order<send_refresh>().has_value());
  x.renew("2");
  CHECK_EQ(x.answered(), 800u);
  for (ticket whose = 401; whose <= 800; ++whose)
    CHECK(x.recovery(whose).outcome == recovery_outcome::renewed);
  CHECK(x.desk.is_idle());
  CHECK(!x.desk.take_order());
}

SCENARIO("who comes late with a token that was renewed since gets the new one at once") {
  desk_run x{chatgpt_login()};
  x.refresh(1, 1);
  x.desk.on_opened(chatgpt_login(), x.now);
  x.renew("2");
  x.desk.take_order();
  x.reload(2, 1);
  CHECK(x.recovery(2).outcome == recovery_outcome::reloaded);
  CHECK_EQ(x.recovery(2).login.token.reveal(), "access-2");
  x.refresh(3, 1);
  CHECK(x.recovery(3).outcome == recovery_outcome::renewed);
  CHECK(x.desk.is_idle());
  x.refresh(4, 2);
  CHECK(x.order<open_store>().has_value());
}

SCENARIO("a late one of another account is not told that a reload brought its account") {
  const auto other = chatgpt_login({.account = "acc-2"});
  desk_run x{chatgpt_login()};
  x.refresh(1, 1);
  x.desk.on_opened(other, x.now);
  x.renew("2", other);
  x.reload(2, 1);
  CHECK(x.recovery(2).outcome == recovery_outcome::renewed);
}

SCENARIO("a refresh that failed for now fails for all, and the next one tries again") {
  desk_run x{chatgpt_login()};
  x.refresh(1, 1);
  x.refresh(2, 1);
  x.desk.on_opened(chatgpt_login(), x.now);
  x.desk.on_refreshed(down, x.now);
  for (const ticket whose : {1u, 2u}) {
    CHECK(x.recovery(whose).outcome == recovery_outcome::failed);
    CHECK_EQ(x.recovery(whose).message, "down");
  }
  x.refresh(3, 1);
  CHECK(x.order<open_store>().has_value());
}

SCENARIO("a refusal for good holds until another login is loaded") {
  desk_run x{chatgpt_login()};
  x.refresh(1, 1);
  x.desk.on_opened(chatgpt_login(), x.now);
  x.desk.on_refreshed(used_up, x.now);
  CHECK(x.recovery(1).outcome == recovery_outcome::refused);
  x.reload(2, 1);
  x.desk.on_loaded(chatgpt_login({.access = "a", .refresh = "r"}), x.now);
  x.refresh(3, x.recovery(2).login.generation);
  CHECK(!x.is_answered(3));
  CHECK(x.order<open_store>().has_value());
}

SCENARIO("tokens that another process has renewed are used instead of a second refresh") {
  desk_run x{chatgpt_login()};
  x.refresh(1, 1);
  x.order<open_store>();
  x.desk.on_opened(chatgpt_login({.access = "theirs", .refresh = "r", .age = 0h}), x.now);
  CHECK(x.recovery(1).outcome == recovery_outcome::renewed);
  CHECK_EQ(x.recovery(1).login.token.reveal(), "theirs");
  CHECK(!x.desk.take_order());
}

SCENARIO("what another process renewed long ago is refreshed with its own token") {
  desk_run x{chatgpt_login({.age = 20 * 24h})};
  x.get(1);
  x.desk.on_opened(chatgpt_login({.access = "theirs", .refresh = "their-r", .age = 9 * 24h}),
                   x.now);
  const auto sent = x.order<send_refresh>();
  REQUIRE(sent.has_value());
  CHECK_EQ(sent->refresh_token.reveal(), "their-r");
}

SCENARIO("nothing is sent when the store holds no login any more") {
  desk_run x{chatgpt_login()};
  x.refresh(1, 1);
  x.order<open_store>();
  x.desk.on_opened(std::nullopt, x.now);
  CHECK(x.recovery(1).outcome == recovery_outcome::failed);
  CHECK(x.desk.is_idle());
}

SCENARIO("tokens that the disk refused are used here, kept on reload, and written later") {
  desk_run x{chatgpt_login()};
  x.refresh(1, 1);
  x.order<open_store>();
  x.desk.on_opened(chatgpt_login(), x.now);
  x.order<send_refresh>();
  const auto renewed_at = x.now;
  x.renew("2", chatgpt_login(), false);
  CHECK_EQ(x.recovery(1).login.token.reveal(), "access-2");
  x.reload(2, 2);
  x.order<load_login>();
  x.desk.on_loaded(chatgpt_login(), x.now);
  CHECK_EQ(x.recovery(2).login.token.reveal(), "access-2");
  x.get(3);
  CHECK(!x.desk.take_order());
  x.now += login_desk::save_pause;
  x.get(4);
  CHECK(x.is_answered(4));
  REQUIRE(x.order<open_store>().has_value());
  x.desk.on_opened(chatgpt_login(), x.now);
  const auto save = x.order<save_tokens>();
  REQUIRE(save.has_value());
  CHECK_EQ(save->tokens.refresh_token->reveal(), "refresh-2");
  CHECK(save->renewed_at == renewed_at);
  x.desk.on_saved({*x.desk.current(), true}, x.now);
  x.now += login_desk::save_pause;
  x.get(5);
  CHECK(!x.desk.take_order());
}

SCENARIO("tokens that were not written give way to what another process has stored") {
  desk_run x{chatgpt_login()};
  x.refresh(1, 1);
  x.order<open_store>();
  x.desk.on_opened(chatgpt_login(), x.now);
  x.order<send_refresh>();
  x.renew("2", chatgpt_login(), false);
  x.now += 1h;
  x.get(2);
  x.order<open_store>();
  auto theirs = chatgpt_login({.access = "theirs"});
  theirs.last_refresh = time_text(x.now);
  x.desk.on_opened(theirs, x.now);
  CHECK(x.desk.is_idle());
  x.get(3);
  CHECK_EQ(x.login(3).token.reveal(), "theirs");
  CHECK(!x.desk.take_order());
}

SCENARIO("a lent login goes ahead of the stored one, and its host is asked once for all") {
  desk_run x{chatgpt_login()};
  const auto lent = [](std::string_view access) {
    return *external_login({secret{std::string{id_token_2}}, secret{std::string{access}}},
                           sample_now);
  };
  x.desk.use_external(lent("one"), x.now);
  x.get(1);
  CHECK(x.login(1).mode == login_mode::chatgpt_external);
  CHECK(x.login(1).repair == login_repair::possible);
  const auto generation = x.login(1).generation;
  x.ask_the_host(2, generation);
  x.ask_the_host(3, generation);
  const auto question = x.order<ask_host>();
  REQUIRE(question.has_value());
  CHECK_EQ(question->previous_account.value_or(""), "acc-2");
  x.desk.on_host_answer(lent("two"), x.now);
  CHECK(x.recovery(2).outcome == recovery_outcome::renewed);
  CHECK_EQ(x.recovery(3).login.token.reveal(), "two");
  x.ask_the_host(4, generation);
  CHECK_EQ(x.recovery(4).login.token.reveal(), "two");
}

SCENARIO("a host that fails is a failure for now") {
  desk_run x{std::nullopt};
  x.desk.use_external(*external_login({secret{std::string{id_token_1}}, secret{"a"}}, x.now),
                      x.now);
  x.ask_the_host(1, 2);
  x.desk.on_failed(down, x.now);
  CHECK(x.recovery(1).outcome == recovery_outcome::failed);
}

SCENARIO("a login that is lent while a refresh is under way answers who waits for it") {
  desk_run x{stale_login()};
  x.get(1);
  x.refresh(2, 1);
  x.desk.use_external(*external_login({secret{std::string{id_token_2}}, secret{"a"}}, x.now),
                      x.now);
  CHECK_EQ(x.login(1).token.reveal(), "a");
  CHECK_EQ(x.recovery(2).login.token.reveal(), "a");
  CHECK(x.desk.is_idle());
  CHECK(!x.desk.take_order());
}

SCENARIO("logging out removes, forgets, and goes back to the environment's key") {
  desk_run x{chatgpt_login()};
  x.desk.ask(1, log_out{}, x.now);
  REQUIRE(x.order<remove_login>().has_value());
  x.desk.on_removed({true, key_login("env")}, x.now);
  CHECK(x.is_answered(1));
  CHECK(std::get<logged_out>(x.answers.at(1)).was_logged_in);
  x.get(2);
  CHECK_EQ(x.login(2).token.reveal(), "env");
  x.reload(3, 1);
  CHECK_EQ(x.recovery(3).login.token.reveal(), "env");
}

SCENARIO("a log-out waits for the refresh under way and reports its failure") {
  desk_run x{chatgpt_login()};
  x.refresh(1, 1);
  x.order<open_store>();
  x.desk.ask(2, log_out{}, x.now);
  x.desk.on_opened(chatgpt_login(), x.now);
  x.order<send_refresh>();
  x.renew("2");
  CHECK(x.is_answered(1));
  REQUIRE(x.order<remove_login>().has_value());
  x.desk.on_failed({refusal::transient, "read-only"}, x.now);
  CHECK_EQ(std::get<std::string>((x.collect(), x.answers.at(2))), "read-only");
  x.get(3);
  CHECK_EQ(x.login(3).token.reveal(), "access-2");
}
