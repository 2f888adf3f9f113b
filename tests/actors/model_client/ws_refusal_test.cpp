#define CAF_SUITE ws_refusal
#include <caf/test/bdd_dsl.hpp>

#include "actors/model_client/ws_refusal.hpp"

#include <string>

using namespace std::literals;
using namespace troupe::model_client;

SCENARIO("a failed response that speaks of the rate is a refusal, with the wait of its text") {
  const auto x = read_ws_refusal(
    R"({"type":"response.failed","response":{"id":"r","error":{"code":"rate_limit_exceeded",)"
    R"("message":"Rate limit reached. Please try again in 1.5s."}}})",
    0);
  REQUIRE(x.has_value());
  CHECK(x->retry_after == 1500ms);
  CHECK(!x->requests && !x->tokens);
  const auto plain = read_ws_refusal(
    R"({"response":{"error":{"code":"rate_limit_exceeded"}},"type":"response.failed"})", 0);
  REQUIRE(plain.has_value());
  CHECK(*plain == rate_reading{});
}

SCENARIO("an error event with the status 429 is a refusal, with the headers it carries") {
  const auto x = read_ws_refusal(
    R"({"type":"error","status":429,"error":{"type":"tokens","code":"rate_limit_exceeded",)"
    R"("message":"slow down"},"headers":{"Retry-After":"3","x-ratelimit-limit-requests":"20",)"
    R"("x-ratelimit-remaining-requests":0,"x-ratelimit-reset-requests":"1s"}})",
    0);
  REQUIRE(x.has_value());
  CHECK(x->retry_after == 3s);
  REQUIRE(x->requests.has_value());
  CHECK((*x->requests == budget_reading{.limit = 20, .remaining = 0, .reset = 1s}));
  CHECK(read_ws_refusal(R"({"type":"error","status_code":429})", 0).has_value());
}

SCENARIO("a date in the headers counts from now") {
  const auto x = read_ws_refusal(R"({"type":"error","status":429,"headers":)"
                                 R"({"retry-after":"Thu, 01 Jan 1970 00:01:40 GMT"}})",
                                 90);
  REQUIRE(x.has_value());
  CHECK(x->retry_after == 10s);
}

SCENARIO("other failures, limits that stay, other events and garbage are no refusals") {
  for (const auto* text : {
         R"({"type":"response.failed","response":{"error":{"code":"server_error"}}})",
         R"({"type":"response.failed","response":{"error":{"code":"insufficient_quota"}}})",
         R"({"type":"response.failed","response":null})",
         R"({"type":"response.failed"})",
         R"({"type":"error","status":500})",
         R"({"type":"error"})",
         R"({"type":"error","status":429,"error":{"type":"usage_limit_reached"}})",
         R"({"type":"error","status":429,"error":{"code":"insufficient_quota"}})",
         R"({"type":"response.in_progress","response":{"error":{"code":"rate_limit_exceeded"}}})",
         R"({"status":429})",
         R"({"type":"error","status":429)",
         R"([429])",
         "",
       })
    CHECK(!read_ws_refusal(text, 0).has_value());
}
