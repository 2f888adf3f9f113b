#define CAF_SUITE model_client_calls
#include <caf/test/bdd_dsl.hpp>

#include "actors/model_client/exchange_store.hpp"
#include "tests/actors/model_client/model_client_fixture.hpp"
#include "tests/actors/model_client/note_taker.hpp"
#include "tests/actors/model_client/scripted_auth.hpp"
#include "tests/support/temp_folder.hpp"

#include <string>

using namespace std::literals;
using namespace troupe;
using namespace troupe::testing;

namespace {

using fixture = model_client_fixture;

compact_history history() {
  compact_history x;
  x.thread = fixture::request().thread;
  x.provider = "mock";
  x.model = "gpt";
  x.instructions_json = shared_text{R"("Be brief.")"};
  x.input = {shared_text{R"({"type":"message"})"}};
  x.subagent = "review";
  return x;
}

summarise_traces traces(std::size_t n) {
  summarise_traces x;
  x.provider = "mock";
  x.model = "gpt";
  for (std::size_t i = 0; i < n; ++i)
    x.traces.push_back(
      {.id = std::to_string(i), .source_path = "/x", .items = {shared_text{"{}"}}});
  return x;
}

using lines = std::vector<std::string>;

std::string header(const net::server_request& x, std::string_view name) {
  return std::string{x.headers.find(name).value_or("")};
}

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("a history is compacted by the provider") {
  scripted_peer peer{{plain_answer(
    200, R"({"output":[{"type":"message","role":"user","content":[]},{"type":"new"}]})")}};
  add_provider(peer.base_url());
  const auto x = ask<compacted_history>(history());
  CHECK(!x.error);
  CHECK_EQ(x.output.size(), 2u);
  const auto requests = peer.requests();
  REQUIRE_EQ(requests.size(), 1u);
  CHECK_EQ(requests[0].target, "/v1/responses/compact");
  CHECK_EQ(requests[0].body,
           R"({"model":"gpt","input":[{"type":"message"}],"instructions":"Be brief."})");
  CHECK_EQ(header(requests[0], "x-openai-subagent"), "review");
  CHECK_EQ(header(requests[0], "originator"), "test");
  CHECK(!requests[0].headers.contains("session_id"));
}

SCENARIO("a compaction is repeated like any request, and its answer has to have the right shape") {
  scripted_peer peer{{plain_answer(500, "busy"), plain_answer(200, "{}")}};
  add_provider(peer.base_url()).request_max_retries = 1;
  const auto x = ask<compacted_history>(history());
  REQUIRE(x.error.has_value());
  CHECK(x.error->code == model_errc::stream);
  CHECK_EQ(peer.requests().size(), 2u);
}

SCENARIO("a refused compaction is the provider's error, after one request") {
  scripted_peer peer{{plain_answer(401, "who are you")}};
  add_provider(peer.base_url()).request_max_retries = 4;
  const auto x = ask<compacted_history>(history());
  REQUIRE(x.error.has_value());
  CHECK(x.error->code == model_errc::unexpected_status);
  CHECK_EQ(peer.requests().size(), 1u);
}

SCENARIO("nothing to compact and nothing to summarise ask nobody") {
  scripted_peer peer{{plain_answer(500, "")}};
  add_provider(peer.base_url());
  auto empty = history();
  empty.input.clear();
  CHECK(ask<compacted_history>(empty) == compacted_history{});
  CHECK(ask<trace_summaries>(traces(0)) == trace_summaries{});
  CHECK(peer.requests().empty());
}

SCENARIO("traces are summarised, one summary each") {
  scripted_peer peer{
    {plain_answer(200, R"({"output":[{"trace_summary":"a","memory_summary":"b"}]})")}};
  add_provider(peer.base_url());
  const auto x = ask<trace_summaries>(traces(1));
  CHECK(x == (trace_summaries{{{"a", "b"}}, std::nullopt}));
  CHECK_EQ(peer.requests()[0].target, "/v1/memories/trace_summarize");
  CHECK(ask<trace_summaries>(traces(2)).error->code == model_errc::invalid_request);
}

SCENARIO("a call over the limit is refused") {
  scripted_peer peer{{hanging_answer()}};
  add_provider(peer.base_url());
  deps.limits.open_calls = 0;
  caf::error refusal;
  ask<compacted_history>(history(), &refusal);
  CHECK(refusal == errc::queue_full);
}

SCENARIO("a call for an unknown provider is refused") {
  auto x = history();
  x.provider = "nobody";
  caf::error refusal;
  ask<compacted_history>(x, &refusal);
  CHECK(refusal == errc::no_such_provider);
}

SCENARIO("a missing variable fails a compaction without any request") {
  scripted_peer peer{{plain_answer(200, "")}};
  add_provider(peer.base_url()).env_key = "NO_SUCH_KEY";
  CHECK(ask<compacted_history>(history()).error->code == model_errc::missing_env_var);
  CHECK(peer.requests().empty());
}

SCENARIO("a refused login is repaired twice within one call") {
  scripted_peer peer{{plain_answer(401, ""), plain_answer(401, ""), reply_answer("hello")}};
  add_provider(peer.base_url());
  const auto script = std::make_shared<auth_script>();
  script->logins = {chatgpt_login(1, "old")};
  script->recoveries = {{recovery_outcome::reloaded, chatgpt_login(2, "disk"), {}},
                        {recovery_outcome::renewed, chatgpt_login(3, "fresh"), {}}};
  use_auth(scripted_auth, script);
  CHECK(run().has_ended_well());
  const auto requests = peer.requests();
  REQUIRE_EQ(requests.size(), 3u);
  CHECK_EQ(header(requests[0], "authorization"), "Bearer old");
  CHECK_EQ(header(requests[1], "authorization"), "Bearer disk");
  CHECK_EQ(header(requests[2], "authorization"), "Bearer fresh");
  CHECK_EQ(header(requests[2], "chatgpt-account-id"), "acc");
  REQUIRE_EQ(script->asked.size(), 2u);
  CHECK(script->asked[0] == (recover_login{recovery_step::reload, 1, "acc"}));
  CHECK(script->asked[1] == (recover_login{recovery_step::refresh, 2, std::nullopt}));
}

SCENARIO("many calls at once ask for the login once") {
  scripted_peer peer{{reply_answer("hello")}};
  add_provider(peer.base_url());
  const auto script = std::make_shared<auth_script>();
  script->logins = {chatgpt_login(1, "t")};
  use_auth(scripted_auth, script);
  for (stream_number i = 1; i <= 50; ++i)
    open(stream(i));
  for (stream_number i = 1; i <= 50; ++i)
    CHECK(finish(i).has_ended_well());
  stop_client();
  CHECK(script->login_questions < 25);
}

SCENARIO("a login that is gone for good ends the call as unauthorized, without a third request") {
  scripted_peer peer{{plain_answer(401, "")}};
  add_provider(peer.base_url()).request_max_retries = 4;
  const auto script = std::make_shared<auth_script>();
  script->logins = {chatgpt_login(1, "old")};
  script->recoveries = {{recovery_outcome::refused, {}, "log in again"}};
  use_auth(scripted_auth, script);
  const auto& x = run();
  CHECK(x.code() == model_errc::unauthorized);
  CHECK_EQ(x.error(), "log in again");
  CHECK_EQ(peer.requests().size(), 1u);
}

SCENARIO("a ChatGPT login compresses bodies for OpenAI, others do not") {
  scripted_peer peer{{reply_answer("hello")}};
  auto& provider = add_provider(peer.base_url());
  provider.name = "OpenAI";
  const auto script = std::make_shared<auth_script>();
  script->logins = {chatgpt_login(1, "t")};
  use_auth(scripted_auth, script);
  auto x = stream(1);
  x.request.origin.compression = true;
  open(x);
  CHECK(finish(1).has_ended_well());
  x.stream = 2;
  x.request.origin.compression = false;
  open(x);
  CHECK(finish(2).has_ended_well());
  const auto requests = peer.requests();
  CHECK_EQ(header(requests[0], "content-encoding"), "zstd");
  CHECK(requests[0].body.starts_with("\x28\xb5\x2f\xfd"));
  CHECK(!requests[1].headers.contains("content-encoding"));
  CHECK(requests[1].body.starts_with("{"));
}

SCENARIO("a body that a configured header calls encoded is not sent") {
  scripted_peer peer{{reply_answer("hello")}};
  auto& provider = add_provider(peer.base_url());
  provider.name = "OpenAI";
  provider.http_headers = {{"Content-Encoding", "gzip"}};
  const auto script = std::make_shared<auth_script>();
  script->logins = {chatgpt_login(1, "t")};
  use_auth(scripted_auth, script);
  auto x = stream(1);
  x.request.origin.compression = true;
  open(std::move(x));
  CHECK(finish(1).code() == model_errc::stream);
  CHECK(peer.requests().empty());
}

SCENARIO("an observer sees each attempt, counted from 0, and each event") {
  scripted_peer peer{{resetting_answer(), plain_answer(503, "busy"),
                      stream_answer({created_event() + sse("[DONE]") + completed_event()})}};
  add_provider(peer.base_url()).request_max_retries = 2;
  note_taker notes;
  deps.observer = &notes;
  CHECK(run().has_ended_well());
  stop_client();
  CHECK(notes.notes() ==
        (lines{"begun over http", "request 0 none failed",
               "over 0 failed: " + std::string{to_text(net::net_errc::closed_early)} + " 0",
               "begun over http", "request 1 503 failed", "over 1 ok 0", "begun over http",
               "request 2 200 ok", "sse message ok", "sse message ok", "sse message ok",
               "completed mock 110", "over 2 ok 110"}));
}

SCENARIO("an observer sees a stream that breaks") {
  scripted_peer peer{{stream_answer({created_event()}, scripted_answer::ending::cut)}};
  add_provider(peer.base_url());
  note_taker notes;
  deps.observer = &notes;
  CHECK(!run().has_ended_well());
  stop_client();
  CHECK(notes.notes() ==
        (lines{"begun over http", "request 0 200 ok", "sse message ok", "sse unknown failed",
               "over 0 failed: " + std::string{to_text(net::net_errc::closed_early)} + " 0"}));
}

SCENARIO("a fixture answers without network and without credentials") {
  auto& provider = add_provider("http://127.0.0.1:1/v1");
  provider.env_key = "NO_SUCH_KEY";
  deps.fixture = model_client::offline_fixture{
    .text = "data: {\"type\":\"response.completed\",\"response\":{\"id\":\"r\"}}\n", .problem = {}};
  const auto& x = run();
  CHECK(x.has_ended_well());
  CHECK(x.events == (std::vector<model_event>{response_completed{"r", std::nullopt}}));
}

SCENARIO("what was recorded is replayed without network, for another thread too") {
  const test::temp_folder folder;
  {
    scripted_peer peer{{plain_answer(500, "busy"), reply_answer("hello"),
                        plain_answer(200, R"({"output":[{"type":"new"}]})")}};
    add_provider(peer.base_url()).request_max_retries = 1;
    deps.recorder = std::make_shared<model_client::exchange_recorder>(
      folder.path(), [](const std::function<void()>& run) { run(); });
    CHECK(run().has_ended_well());
    CHECK_EQ(ask<compacted_history>(history()).output.size(), 1u);
    stop_client();
  }
  auto loaded = model_client::exchange_replay::load(folder.path());
  REQUIRE(std::holds_alternative<model_client::exchange_replay>(loaded));
  deps.recorder = nullptr;
  deps.replay = std::make_shared<model_client::exchange_replay>(
    std::get<model_client::exchange_replay>(std::move(loaded)));
  restart_client();
  auto x = stream(2);
  x.request.thread.bytes[15] = 7;
  open(std::move(x));
  CHECK(finish(2).has_ended_well());
  CHECK(finish(2).events == record(1).events);
  CHECK_EQ(ask<compacted_history>(history()).output.size(), 1u);
  auto other = stream(3);
  other.request.model = "another";
  open(std::move(other));
  CHECK(finish(3).code() == model_errc::fatal);
  CHECK(finish(3).error().find("differs first at model") != std::string::npos);
}

SCENARIO("a governed client sends a refused request again, and the turn does not notice") {
  net::header_list soon;
  soon.set("retry-after", "0.05");
  scripted_peer peer{{plain_answer(429, "slow down", soon), reply_answer("hello")}};
  add_provider(peer.base_url());
  deps.governor.emplace();
  CHECK(run().has_ended_well());
  CHECK_EQ(peer.requests().size(), 2u);
}

SCENARIO("a governed client reports what no patience cures") {
  scripted_peer peer{{plain_answer(429, R"({"error":{"code":"insufficient_quota"}})")}};
  add_provider(peer.base_url());
  deps.governor.emplace();
  CHECK(run().code() == model_errc::retry_limit);
  CHECK_EQ(peer.requests().size(), 1u);
}

SCENARIO("a governed client gives up in the end") {
  net::header_list soon;
  soon.set("retry-after", "0");
  scripted_peer peer{{plain_answer(429, "never", soon)}};
  add_provider(peer.base_url());
  deps.governor.emplace();
  deps.governor->max_refusals = 1;
  CHECK(run().code() == model_errc::rate_limited);
  CHECK_EQ(peer.requests().size(), 2u);
}

SCENARIO("a provider that refuses from the start and names no limit is believed at once") {
  scripted_peer peer{{plain_answer(429, "no")}};
  add_provider(peer.base_url());
  deps.governor.emplace();
  CHECK(run().code() == model_errc::retry_limit);
  CHECK_EQ(peer.requests().size(), 1u);
}

SCENARIO("a governed compaction that is refused is sent again, and nobody notices") {
  net::header_list soon;
  soon.set("retry-after", "0.05");
  scripted_peer peer{
    {plain_answer(429, "slow down", soon), plain_answer(200, R"({"output":[{"type":"new"}]})")}};
  add_provider(peer.base_url());
  deps.governor.emplace();
  const auto x = ask<compacted_history>(history());
  CHECK(!x.error);
  CHECK_EQ(x.output.size(), 1u);
  CHECK_EQ(peer.requests().size(), 2u);
}

SCENARIO("a governed call that is refused for good ends with the refusal") {
  scripted_peer peer{{plain_answer(429, "no")}};
  add_provider(peer.base_url());
  deps.governor.emplace();
  const auto x = ask<trace_summaries>(traces(1));
  REQUIRE(x.error.has_value());
  CHECK(x.error->code == model_errc::retry_limit);
  CHECK_EQ(peer.requests().size(), 1u);
}

SCENARIO("streams and compactions share the configured limit") {
  scripted_peer peer{{reply_answer("hello")}};
  add_provider(peer.base_url());
  deps.governor = model_client::governor_settings{.total = {.requests_per_minute = 60}};
  CHECK(run().has_ended_well());
  tell(history());
  const auto waiting = open(stream(2));
  cancel(waiting);
  CHECK(finish(2).code() == model_errc::cancelled);
  CHECK_EQ(peer.requests().size(), 1u);
  stop_client(); // ends the compaction, which still waits
}

SCENARIO("as many streams as configured are open at once, and the next one follows") {
  scripted_peer peer{{reply_answer("hello")}};
  add_provider(peer.base_url());
  deps.governor.emplace();
  deps.governor->per_provider["mock"] = {.streams = 1};
  for (stream_number i = 1; i <= 5; ++i)
    open(stream(i));
  for (stream_number i = 1; i <= 5; ++i)
    CHECK(finish(i).has_ended_well());
  CHECK_EQ(peer.requests().size(), 5u);
}

SCENARIO("configured limits hold requests back") {
  scripted_peer peer{{reply_answer("hello")}};
  add_provider(peer.base_url());
  deps.governor = model_client::governor_settings{.total = {.requests_per_minute = 60}};
  open(stream(1));
  const auto waiting = open(stream(2));
  CHECK(finish(1).has_ended_well());
  cancel(waiting);
  CHECK(finish(2).code() == model_errc::cancelled);
  CHECK_EQ(peer.requests().size(), 1u);
}

END_FIXTURE_SCOPE()
