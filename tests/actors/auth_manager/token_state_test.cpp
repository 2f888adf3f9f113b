#define CAF_SUITE token_state

#include "tests/actors/auth_manager/login_samples.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <boost/json.hpp>

using namespace troupe;
using namespace troupe::auth_manager;
using namespace troupe::testing;
using namespace std::chrono_literals;
using config::secret;

namespace {

const secret used{"refresh-1"};

refresh_failure failure_of(int status, std::string_view body) {
  const auto answer = read_refresh_answer(status, body, used);
  const auto* failure = std::get_if<refresh_failure>(&answer);
  return failure ? *failure : refresh_failure{refusal::transient, "no failure"};
}

renewed_tokens tokens_of(std::string_view body) {
  return std::get<renewed_tokens>(read_refresh_answer(200, body, used));
}

bool is_unreadable(std::string_view body) {
  return std::holds_alternative<refresh_failure>(read_refresh_answer(200, body, used));
}

config::environment environment_with(std::string url) {
  return [url = std::move(url)](std::string_view name) -> std::optional<std::string> {
    return name == "CODEX_REFRESH_TOKEN_URL_OVERRIDE" ? std::optional{url} : std::nullopt;
  };
}

} // namespace

SCENARIO("tokens are stale when they are older than eight days, not when they are as old") {
  const auto is_stale_at = [](time_point now) { return is_stale(chatgpt_login({.age = 0h}), now); };
  CHECK(!is_stale_at(sample_now + 24h));
  CHECK(!is_stale_at(sample_now + 8 * 24h));
  CHECK(is_stale_at(sample_now + 8 * 24h + 1ms));
  CHECK(is_stale_at(sample_now + 9 * 24h));
  CHECK(!is_stale_at(sample_now - 24h));
}

SCENARIO("only managed tokens with a time of refresh grow stale") {
  const auto later = sample_now + 100 * 24h;
  CHECK(!is_stale(key_login("k"), later));
  auto x = chatgpt_login();
  x.stated_mode = config::auth_mode::chatgpt_external;
  CHECK(!is_stale(x, later));
  x = chatgpt_login();
  x.last_refresh.reset();
  CHECK(!is_stale(x, later));
  x = chatgpt_login();
  x.tokens.reset();
  CHECK(!is_stale(x, later));
  x = chatgpt_login();
  x.last_refresh = "yesterday";
  CHECK(is_stale(x, sample_now));
}

SCENARIO("the token server's address can be replaced") {
  CHECK_EQ(token_url({}), "https://auth.openai.com/oauth/token");
  CHECK_EQ(token_url(environment_with("  ")), "https://auth.openai.com/oauth/token");
  CHECK_EQ(token_url(environment_with("http://127.0.0.1:1/t\n")), "http://127.0.0.1:1/t");
}

SCENARIO("the refresh request has exactly four fields") {
  const auto body = boost::json::parse(refresh_body(secret{"r\"1"})).as_object();
  CHECK_EQ(body.size(), 4u);
  CHECK_EQ(body.at("client_id").as_string(), "app_EMoamEEZ73f0CkXaXp7hrann");
  CHECK_EQ(body.at("grant_type").as_string(), "refresh_token");
  CHECK_EQ(body.at("refresh_token").as_string(), "r\"1");
  CHECK_EQ(body.at("scope").as_string(), "openid profile email");
}

SCENARIO("every field of a successful answer is optional") {
  const renewed_tokens all{secret{"i"}, secret{"a"}, secret{"r"}};
  CHECK(tokens_of(R"({"id_token":"i","access_token":"a","refresh_token":"r","x":1})") == all);
  CHECK(tokens_of("{}") == renewed_tokens{});
  CHECK(tokens_of(R"({"id_token":null,"access_token":""})") == renewed_tokens{});
  for (const auto* body : {"", "[]", "ok", R"({"access_token":1})", R"({"access_token":"a")"})
    CHECK(is_unreadable(body));
  CHECK(!is_permanent(failure_of(200, "ok").reason));
}

SCENARIO("a refusal with 401 is for good, and its code says why") {
  const auto reason = [](std::string_view body) { return failure_of(401, body).reason; };
  CHECK(reason(R"({"error":{"code":"refresh_token_expired"}})") == refusal::expired);
  CHECK(reason(R"({"error":{"code":"Refresh_Token_REUSED"}})") == refusal::exhausted);
  CHECK(reason(R"({"error":"refresh_token_invalidated"})") == refusal::revoked);
  CHECK(reason(R"({"code":"refresh_token_expired"})") == refusal::expired);
  CHECK(reason(R"({"error":{"message":"m"},"code":"refresh_token_reused"})") == refusal::exhausted);
  CHECK(reason(R"({"error":{"code":"refresh_token_expired"},"code":"refresh_token_reused"})") ==
        refusal::expired);
  for (const auto* body : {"", "no", "[]", "{}", R"({"error":{"code":7}})", R"({"error":"x"})",
                           R"({"code":"refresh_token_expired "})"})
    CHECK(reason(body) == refusal::other);
}

SCENARIO("each reason has its own text, and all of them say what to do") {
  std::vector<std::string> texts;
  for (const auto* code :
       {"refresh_token_expired", "refresh_token_reused", "refresh_token_invalidated", "else"})
    texts.push_back(failure_of(401, std::string{R"({"code":")"} + code + "\"}").message);
  const std::vector<std::string> marks{"expired", "already used", "revoked",
                                       "could not be renewed"};
  for (std::size_t i = 0; i < texts.size(); ++i) {
    CHECK_NE(texts[i].find(marks[i]), std::string::npos);
    CHECK_NE(texts[i].find("log out and sign in again"), std::string::npos);
  }
}

SCENARIO("other statuses are transient, with the server's words") {
  const auto message = [](std::string_view body) { return failure_of(503, body).message; };
  const std::string start = "the login could not be renewed: ";
  CHECK_EQ(message(R"({"error":{"message":"busy"}})"), start + "busy");
  CHECK_EQ(message(" down \n"), start + "down");
  CHECK_EQ(message(R"({"error":"x"})"), start + R"({"error":"x"})");
  CHECK_EQ(message(""), start + "Unknown error");
  CHECK_EQ(message(std::string(5000, 'x')).size(), start.size() + 1000);
  for (const int status : {302, 400, 403, 404, 429, 500, 503})
    CHECK(failure_of(status, R"({"error":{"code":"refresh_token_expired"}})").reason ==
          refusal::transient);
}

SCENARIO("a server that repeats the token does not make us show it") {
  const std::string body = R"({"error":{"message":"bad refresh-1, refresh-1"}})";
  CHECK_EQ(failure_of(500, body).message, "the login could not be renewed: bad ***, ***");
  CHECK_EQ(loggable_body("no refresh-1", used), "no ***");
  CHECK_EQ(loggable_body(std::string(5000, 'x'), used).size(), 1000u);
  CHECK_EQ(loggable_body("text", secret{}), "text");
}

SCENARIO("new tokens replace those that came, the account stays") {
  const auto before = chatgpt_login();
  const auto after = std::get<config::login>(
    with_tokens(before, {.access_token = secret{"access-2"}}, sample_now + 123456789ns));
  CHECK_EQ(after.tokens->access_token.reveal(), "access-2");
  CHECK_EQ(after.tokens->refresh_token.reveal(), "refresh-1");
  CHECK(after.tokens->id_token == before.tokens->id_token);
  CHECK_EQ(after.last_refresh.value_or(""), "2026-03-01T00:00:00.123456789Z");
  const auto moved = std::get<config::login>(
    with_tokens(before, {.id_token = secret{std::string{id_token_2}}}, sample_now));
  CHECK_EQ(moved.tokens->claims.account_id.value_or(""), "acc-2");
  CHECK_EQ(moved.tokens->account_id.value_or(""), "acc-1");
}

SCENARIO("new tokens are refused where there is no place for them, or when they are unreadable") {
  const auto fails = [](config::login x, const renewed_tokens& y) {
    const auto result = with_tokens(std::move(x), y, sample_now);
    const auto* failure = std::get_if<refresh_failure>(&result);
    return failure != nullptr && failure->reason == refusal::transient;
  };
  CHECK(fails(key_login("k"), {.access_token = secret{"a"}}));
  CHECK(fails(chatgpt_login(), {.id_token = secret{"no token"}}));
}

SCENARIO("younger tokens of the same account in the store were renewed elsewhere") {
  const auto cached = chatgpt_login({.age = 48h});
  const auto found = [&](const sample_tokens& x) {
    return was_renewed_elsewhere(cached, chatgpt_login(x));
  };
  CHECK(found({.access = "access-2", .age = 1h}));
  CHECK(!found({.access = "access-1", .age = 1h}));
  CHECK(!found({.access = "access-2", .age = 48h}));
  CHECK(!found({.access = "access-2", .age = 49h}));
  CHECK(!found({.access = "access-2", .account = "acc-2", .age = 1h}));
  CHECK(!found({.access = "access-2", .account = std::nullopt, .age = 1h}));
  CHECK(!was_renewed_elsewhere(cached, key_login("k")));
  const auto nobody = chatgpt_login({.account = std::nullopt, .age = 48h});
  CHECK(!was_renewed_elsewhere(nobody, chatgpt_login({.access = "a", .account = std::nullopt})));
}

SCENARIO("a lent login has the account of its id token and no refresh token") {
  const auto x = external_login({secret{std::string{id_token_2}}, secret{"a"}}, sample_now);
  REQUIRE(x.has_value());
  CHECK(x->mode() == config::auth_mode::chatgpt_external);
  CHECK_EQ(account_of(x).value_or(""), "acc-2");
  CHECK(x->tokens->refresh_token.empty());
  CHECK_EQ(x->last_refresh.value_or(""), "2026-03-01T00:00:00.000000000Z");
  CHECK(!external_login({secret{"x"}, secret{"a"}}, sample_now));
}

SCENARIO("an API key has no account, whatever tokens lie beside it") {
  auto x = chatgpt_login();
  x.stated_mode = config::auth_mode::api_key;
  x.api_key = secret{"k"};
  CHECK(!account_of(x));
  CHECK(!account_of(std::nullopt));
}
