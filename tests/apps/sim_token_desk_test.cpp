#define CAF_SUITE sim_token_desk
#include <caf/test/bdd_dsl.hpp>

#include "apps/sim/token_desk.hpp"

#include <boost/json.hpp>

#include <string>
#include <string_view>

using namespace troupe::sim;
namespace json = boost::json;

namespace {

// The code of the refusal; empty: let in.
std::string refusal(token_desk& desk, std::string_view token, std::string_view account = "") {
  const auto result = desk.admit("Bearer " + std::string{token}, account);
  return result ? std::string{result->code} : "";
}

json::value refreshed(token_desk& desk, std::string_view refresh_token) {
  const auto answer =
    desk.refresh(R"({"client_id":"c","refresh_token":")" + std::string{refresh_token} + "\"}");
  auto result = json::parse(answer.body).as_object();
  result["status"] = answer.status;
  return result;
}

std::string failure(const json::value& x) {
  return std::to_string(x.at("status").as_int64()) + " " +
         std::string{x.at("error").at("code").as_string()};
}

} // namespace

SCENARIO("only the tokens of the scenario are let in") {
  auth_rule rule;
  rule.tokens = {"a", "b"};
  token_desk desk{rule};
  CHECK_EQ(refusal(desk, "a"), "");
  CHECK_EQ(refusal(desk, "b"), "");
  CHECK_EQ(refusal(desk, "c"), "invalid_token");
  CHECK_EQ(refusal(desk, ""), "invalid_token");
  CHECK(!desk.admit("bearer a", ""));
  CHECK_EQ(desk.admit("", "")->code, "missing_token");
  CHECK_EQ(desk.admit("Basic a", "")->code, "missing_token");
}

SCENARIO("the account must be the one that the scenario names") {
  auth_rule rule;
  rule.tokens = {"a"};
  rule.account_id = "acct";
  token_desk desk{rule};
  CHECK_EQ(refusal(desk, "a", "acct"), "");
  CHECK_EQ(refusal(desk, "a", "other"), "invalid_account");
  CHECK_EQ(refusal(desk, "a"), "invalid_account");
}

SCENARIO("a token is used up after its uses, refused requests do not count") {
  auth_rule rule;
  rule.tokens = {"a"};
  rule.uses = 2;
  rule.account_id = "acct";
  token_desk desk{rule};
  CHECK_EQ(refusal(desk, "a", "other"), "invalid_account");
  CHECK_EQ(refusal(desk, "a", "acct"), "");
  CHECK_EQ(refusal(desk, "a", "acct"), "");
  CHECK_EQ(refusal(desk, "a", "acct"), "token_expired");
}

SCENARIO("refreshes hand out the listed tokens in turn, the last one again and again") {
  auth_rule rule;
  rule.refreshed = {"x", "y"};
  token_desk desk{rule};
  CHECK_EQ(refusal(desk, "x"), "invalid_token");
  CHECK_EQ(refreshed(desk, "r").at("access_token").as_string(), "x");
  CHECK_EQ(refusal(desk, "x"), "");
  CHECK_EQ(refreshed(desk, "r").at("access_token").as_string(), "y");
  CHECK_EQ(refreshed(desk, "r").at("access_token").as_string(), "y");
  CHECK_EQ(refusal(desk, "x"), ""); // an older token stays good
  CHECK(!refreshed(desk, "r").as_object().contains("refresh_token"));
}

SCENARIO("without a list every refresh makes up another token") {
  token_desk desk{auth_rule{}};
  const auto first = refreshed(desk, "r").at("access_token").as_string();
  const auto second = refreshed(desk, "r").at("access_token").as_string();
  CHECK(first != second);
  CHECK_EQ(refusal(desk, first), "");
  CHECK_EQ(refusal(desk, second), "");
}

SCENARIO("a refresh token works once and is replaced") {
  auth_rule rule;
  rule.refresh_token = "r0";
  rule.id_token = "h.p.s";
  token_desk desk{rule};
  const auto first = refreshed(desk, "r0");
  CHECK_EQ(first.at("status").as_int64(), 200);
  CHECK_EQ(first.at("id_token").as_string(), "h.p.s");
  CHECK_EQ(failure(refreshed(desk, "r0")), "401 refresh_token_reused");
  CHECK_EQ(failure(refreshed(desk, "nonsense")), "401 refresh_token_invalidated");
  const auto second = refreshed(desk, first.at("refresh_token").as_string());
  CHECK_EQ(second.at("status").as_int64(), 200);
  CHECK(second.at("refresh_token") != first.at("refresh_token"));
}

SCENARIO("a refresh without a token is refused, whatever the body is") {
  token_desk desk{auth_rule{}};
  for (const auto* body :
       {"", "nonsense", "{}", R"({"refresh_token":1})", R"({"refresh_token":""})"})
    CHECK_EQ(desk.refresh(body).status, 401);
}
