#define CAF_SUITE model_client_models
#include <caf/test/bdd_dsl.hpp>

// Lists of models over the wire (contract models-manager.md 6).
#include "actors/model_client/exchange_store.hpp"
#include "tests/actors/model_client/model_client_fixture.hpp"
#include "tests/actors/model_client/note_taker.hpp"
#include "tests/actors/model_client/scripted_auth.hpp"

#include <string>

using namespace troupe;
using namespace troupe::testing;

namespace {

struct fixture : model_client_fixture {
  fetched_models list() { return ask<fetched_models>(fetch_models{"mock", "1.2.3"}); }

  config::provider& provider_at(const scripted_peer& peer, std::uint32_t retries = 0) {
    auto& result = add_provider(peer.base_url());
    result.request_max_retries = retries;
    return result;
  }
};

std::string header(const net::server_request& x, std::string_view name) {
  return std::string{x.headers.find(name).value_or("")};
}

net::header_list etag(std::string_view value) {
  net::header_list result;
  result.set("ETag", value);
  return result;
}

constexpr auto empty_list = R"({"models":[]})";

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("a list is asked for with the version, the login and nothing of a turn") {
  scripted_peer peer{{plain_answer(200, empty_list)}};
  auto& provider = provider_at(peer);
  provider.http_headers["version"] = "1.2.3";
  deps.login.emplace();
  deps.login->stated_mode = config::auth_mode::api_key;
  deps.login->api_key = config::secret{"sk-1"};
  const auto x = list();
  CHECK(!x.error);
  CHECK_EQ(x.body.view(), empty_list);
  const auto requests = peer.requests();
  REQUIRE_EQ(requests.size(), 1U);
  CHECK_EQ(requests[0].method, "GET");
  CHECK_EQ(requests[0].target, "/v1/models?client_version=1.2.3");
  CHECK(requests[0].body.empty());
  CHECK_EQ(header(requests[0], "version"), "1.2.3");
  CHECK_EQ(header(requests[0], "authorization"), "Bearer sk-1");
  CHECK_EQ(header(requests[0], "originator"), "test");
  CHECK_EQ(header(requests[0], "user-agent"), "test/1.0");
  for (const auto* name : {"session_id", "content-encoding", "content-type", "x-codex-turn-state",
                           "x-openai-subagent"})
    CHECK(!requests[0].headers.contains(name));
}

SCENARIO("query parameters of the provider come before the version") {
  scripted_peer peer{{plain_answer(200, empty_list)}};
  provider_at(peer).query_params["api-version"] = "7";
  list();
  CHECK_EQ(peer.requests().front().target, "/v1/models?api-version=7&client_version=1.2.3");
}

SCENARIO("a ChatGPT login names its account") {
  scripted_peer peer{{plain_answer(200, empty_list)}};
  provider_at(peer);
  const auto script = std::make_shared<auth_script>();
  script->logins = {chatgpt_login(1, "token-1")};
  use_auth(scripted_auth, script);
  list();
  const auto requests = peer.requests();
  REQUIRE_EQ(requests.size(), 1U);
  CHECK_EQ(header(requests[0], "authorization"), "Bearer token-1");
  CHECK_EQ(header(requests[0], "chatgpt-account-id"), "acc");
}

SCENARIO("an ETag comes as it is, with its quotes, or not at all") {
  scripted_peer peer{{plain_answer(200, empty_list, etag("\"a b\"")), plain_answer(200, empty_list),
                      plain_answer(200, empty_list, etag("\xc3\xa4"))}};
  provider_at(peer);
  CHECK(list().etag == "\"a b\"");
  CHECK(!list().etag);
  CHECK(!list().etag);
}

SCENARIO("a list is asked for again after server errors") {
  scripted_peer peer{
    {plain_answer(503, "busy"), plain_answer(503, "busy"), plain_answer(200, empty_list)}};
  provider_at(peer, 4);
  CHECK(!list().error);
  CHECK_EQ(peer.requests().size(), 3U);
}

SCENARIO("other refusals are final, a 401 too") {
  scripted_peer peer{{plain_answer(401, R"({"error":{"message":"who are you"}})")}};
  provider_at(peer, 4);
  const auto script = std::make_shared<auth_script>();
  script->logins = {chatgpt_login(1, "token-1")};
  use_auth(scripted_auth, script);
  const auto x = list();
  REQUIRE(x.error.has_value());
  CHECK(x.error->message.find("who are you") != std::string::npos);
  CHECK_EQ(peer.requests().size(), 1U);
  CHECK(script->asked.empty());
}

SCENARIO("a list that does not come is given up, with all its attempts") {
  deps.limits.model_list = std::chrono::milliseconds{1500};
  scripted_peer peer{{plain_answer(503, "busy"), hanging_answer()}};
  provider_at(peer, 4);
  const auto x = list();
  REQUIRE(x.error.has_value());
  CHECK(x.error->code == model_errc::timeout);
  CHECK(peer.wait_for_departures(1));
  CHECK_EQ(peer.requests().size(), 2U);
}

SCENARIO("no attempt begins when the limit would be over before it") {
  deps.limits.model_list = std::chrono::milliseconds{100};
  scripted_peer peer{{plain_answer(503, "busy")}};
  provider_at(peer, 4);
  const auto x = list();
  REQUIRE(x.error.has_value());
  CHECK(x.error->code == model_errc::timeout);
  CHECK_EQ(peer.requests().size(), 1U);
}

SCENARIO("a body without end is refused") {
  scripted_peer peer{{stream_answer({std::string(17 * 1024 * 1024, 'x')})}};
  provider_at(peer);
  CHECK(list().error.has_value());
}

SCENARIO("lists are not reported to the observer") {
  scripted_peer peer{{plain_answer(200, empty_list)}};
  provider_at(peer);
  note_taker notes;
  deps.observer = &notes;
  list();
  CHECK(notes.notes().empty());
}

SCENARIO("an unknown provider is refused") {
  caf::error refusal;
  ask<fetched_models>(fetch_models{"nobody", "1"}, &refusal);
  CHECK(refusal == errc::no_such_provider);
}

SCENARIO("a replay asks nobody") {
  scripted_peer peer{{plain_answer(200, empty_list)}};
  provider_at(peer);
  deps.replay =
    std::make_shared<model_client::exchange_replay>(std::vector<model_client::exchange>{});
  CHECK(list().error.has_value());
  CHECK(peer.requests().empty());
}

SCENARIO("a client that stops answers open lists") {
  scripted_peer peer{{hanging_answer()}};
  provider_at(peer);
  const auto answer = ask_later<fetched_models>(fetch_models{"mock", "1.2.3"});
  REQUIRE(peer.wait_for_requests(1));
  stop_client();
  CHECK(answer().error.has_value());
}

END_FIXTURE_SCOPE()
