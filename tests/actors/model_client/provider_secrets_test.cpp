#define CAF_SUITE provider_secrets
#include <caf/test/bdd_dsl.hpp>

#include "actors/model_client/http_errors.hpp"
#include "actors/model_client/provider_secrets.hpp"

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

using namespace troupe;
using namespace troupe::model_client;

namespace {

config::provider provider_with_secrets() {
  config::provider result;
  result.base_url = "http://a-user:a%2Fword@host/v1?in-base=base-value&base-version=2025-04-01";
  result.env_key = "KEY";
  result.query_params = {{"api-key", "q value/+"}, {"api-version", "2026-01-01"}, {"n", "short"}};
  result.http_headers = {{"x-secret", "header-value"},
                         {"x-token", "Basic dXNlcg=="},
                         {"User-Agent", "an-agent"},
                         {"version", "0.98.0"}};
  result.env_http_headers = {{"x-env", "MINE"}};
  return result;
}

secret_values known() {
  const auto env = [](std::string_view name) -> std::optional<std::string> {
    return name == "KEY" ? "sk-\"key\"" : "of-the-env";
  };
  return secrets_of(provider_with_secrets(), env, {});
}

} // namespace

SCENARIO("all that a request carries and is not public is masked, in each form it comes back in") {
  for (const auto& [text, told] : std::initializer_list<std::pair<std::string, std::string>>{
         {"Bearer sk-\"key\"!", "Bearer ***!"},
         {R"({"a":"sk-\"key\""})", R"({"a":"***"})"},
         {"sk-%22key%22", "***"},
         {"q value/+ q%20value%2F%2B q+value%2F%2B", "*** *** ***"},
         {R"(q value\/+)", "***"},
         {R"(q%20value%2f%2b q value\u002f\u002B sk-\u0022key%22 s%6b-%22%6Bey")",
          "*** *** *** ***"},
         {"q%2 value%2", "q%2 value%2"},
         {"header-value, of-the-env, dXNlcg==, Basic dXNlcg==", "***, ***, ***, ***"},
         {"a-user a%2Fword a/word base-value", "*** *** *** ***"},
         {"an-agent 0.98.0 2025-04-01 2026-01-01 short",
          "an-agent 0.98.0 2025-04-01 2026-01-01 short"},
         {"", ""}})
    CHECK_EQ(known().masked(text), told);
}

SCENARIO("a login's token is a secret, and so is a text that holds another one") {
  login_snapshot login;
  login.token = secret{"tok-12345"};
  auto x = secrets_of({}, {}, login);
  CHECK_EQ(x.masked("tok-12345"), "***");
  x.add("tok-12345-and-more");
  CHECK_EQ(x.masked("tok-12345-and-more, tok-12345"), "***, ***");
  CHECK_EQ(secret_values{}.masked("tok-12345"), "tok-12345");
}

SCENARIO("white space around a secret is none of it") {
  secret_values x;
  x.add(" a-secret-value\n");
  CHECK_EQ(x.masked("<a-secret-value>"), "<***>");
}

SCENARIO("a base URL may be given parameters twice") {
  config::provider provider;
  provider.base_url = "http://host/v1?a=first-value?b=second-value#c=fragment";
  CHECK_EQ(secrets_of(provider, {}, {}).masked("first-value second-value"), "*** ***");
}

SCENARIO("errors and headers are masked, and a long body before it is cut") {
  const auto x = known();
  model_error error;
  error.message = "no header-value";
  error.capped_model = "of header-value";
  CHECK_EQ(x.masked(error)->message, "no ***");
  CHECK_EQ(x.masked(error)->capped_model, "of ***");
  CHECK(!x.masked(std::optional<model_error>{}));
  net::header_list headers;
  headers.add("x-request-id", "of-the-env");
  CHECK_EQ(x.masked(headers).find_readable("x-request-id"), "***");
  const auto body = std::string(995, '.') + "header-value";
  const auto told = map_status(
    {.status = 404, .url = "http://h/", .headers = headers, .body = body}, system_clock(), x);
  CHECK(told.error.message.find(".***, url") != std::string::npos);
}
