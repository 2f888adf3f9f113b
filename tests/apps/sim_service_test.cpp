#define CAF_SUITE sim_service
#include <caf/test/bdd_dsl.hpp>

#include "apps/sim/scenario_reader.hpp"
#include "apps/sim/simulated_service.hpp"
#include "tests/apps/sim_requests.hpp"

#include <boost/json.hpp>

#include <string>
#include <string_view>
#include <utility>

using namespace troupe;
using namespace troupe::sim;
using namespace std::chrono_literals;
using test::sim_request;
namespace json = boost::json;

namespace {

constexpr std::string_view last_rule = "\n[[rule]]\nname = 'last'\nreply = [{ message = 'hi' }]\n";

scenario read(std::string_view toml) {
  auto result = read_scenario(std::string{toml} + std::string{last_rule}, "test.toml");
  if (auto* error = std::get_if<std::string>(&result))
    CAF_FAIL(*error);
  return std::get<scenario>(std::move(result));
}

/// A provider without sockets, at a time of the test's choice.
struct fixture {
  explicit fixture(std::string_view toml) : service(read(toml), 1, now) {}

  simulated_service::exchange ask(std::string_view method, std::string_view target,
                                  std::string_view body = {}) {
    return service.on_request({method, target, headers, body}, now);
  }

  answer post(sim_request& x) { return ask("POST", "/v1/responses", x.body()).what; }
  answer post() { return post(sim_request{}.user("x")); }
  answer models() { return ask("GET", "/v1/models?client_version=1.0.0").what; }

  simulated_service::time_point now{};
  simulated_service service;
  net::header_list headers;
};

std::string header(const answer& x, std::string_view name) {
  std::string result = "(none)";
  for (const auto& [key, value] : x.headers) // the last one counts
    if (key == name)
      result = value;
  return result;
}

std::string error_code(const answer& x) {
  return std::string{json::parse(x.body).at("error").at("code").as_string()};
}

} // namespace

SCENARIO("a stranger is answered 401 everywhere but at the desk that hands out tokens") {
  fixture x{"[auth]\ntokens = ['good']\nrefreshed = ['new']"};
  const auto refused = x.post();
  CHECK_EQ(refused.status, 401);
  CHECK_EQ(header(refused, "www-authenticate"), "Bearer");
  CHECK_EQ(error_code(refused), "missing_token");
  CHECK_EQ(x.models().status, 401);
  CHECK_EQ(x.ask("POST", "/v1/responses/compact", "{}").what.status, 401);
  CHECK_EQ(x.ask("POST", "/v1/memories/trace_summarize", "{}").what.status, 401);
  CHECK_EQ(x.service.stats().unauthorized, 4u);
  const auto refresh = x.ask("POST", "/oauth/token", R"({"refresh_token":"r"})");
  CHECK_EQ(json::parse(refresh.what.body).at("access_token").as_string(), "new");
  CHECK(refresh.has_secret_body);
  x.headers.set("authorization", "Bearer new");
  CHECK_EQ(x.post().status, 200);
  CHECK_EQ(x.models().status, 200);
  CHECK_EQ(x.service.stats().refreshes, 1u);
}

SCENARIO("a refresh fails as the scenario says, and is refused where there are no tokens") {
  fixture x{"[auth]\n[[fault]]\non = 'token'\nkind = 'status'\nstatus = 401\n"
            "body = '{\"error\":{\"code\":\"refresh_token_expired\"}}'\nwhen = { request = 1 }"};
  const auto* body = R"({"refresh_token":"r"})";
  const auto failed = x.ask("POST", "/oauth/token", body).what;
  CHECK_EQ(failed.status, 401);
  CHECK_EQ(error_code(failed), "refresh_token_expired");
  CHECK_EQ(x.ask("POST", "/oauth/token", body).what.status, 200);
  fixture open{""};
  CHECK_EQ(open.ask("POST", "/oauth/token", body).what.status, 404);
}

SCENARIO("requests beyond the limit are refused, counted, and no attempts of their thread") {
  fixture x{"[limits]\nrequests_per_second = 10\nburst = 2\n"
            "[[rule]]\nwhen = { attempt = 3 }\nreply = []\nname = 'third'"};
  sim_request request;
  request.user("x");
  CHECK_EQ(header(x.post(request), "x-ratelimit-remaining-requests"), "1");
  CHECK_EQ(x.post(request).status, 200);
  for (int i = 0; i < 5; ++i) {
    const auto refused = x.post(request);
    CHECK_EQ(refused.status, 429);
    CHECK_EQ(header(refused, "retry-after-ms"), "100");
    CHECK_EQ(header(refused, "retry-after"), "1");
    CHECK_EQ(error_code(refused), "rate_limit_exceeded");
  }
  CHECK_EQ(x.service.stats().refused, 5u);
  CHECK_EQ(x.service.stats().responses, 2u);
  x.now += 100ms;
  CHECK_EQ(x.ask("POST", "/v1/responses", request.body()).rule, "third");
}

SCENARIO("the subscription's figures come as headers, with errors too") {
  fixture x{R"toml(
[rate_limits]
primary = { used_percent = 42.5, window_minutes = 300, reset_at = 1700000000 }
secondary = { used_percent = 7 }
credits = { balance = "12" }
[[rule]]
when = { user = "fail" }
rate_limits = { primary = { used_percent = 100 } }
fault = [{ kind = "status", status = 429 }]
)toml"};
  const auto good = x.post();
  CHECK_EQ(header(good, "x-codex-primary-used-percent"), "42.5");
  CHECK_EQ(header(good, "x-codex-primary-window-minutes"), "300");
  CHECK_EQ(header(good, "x-codex-primary-reset-at"), "1700000000");
  CHECK_EQ(header(good, "x-codex-secondary-used-percent"), "7");
  CHECK_EQ(header(good, "x-codex-secondary-reset-at"), "(none)");
  CHECK_EQ(header(good, "x-codex-credits-has-credits"), "true");
  CHECK_EQ(header(good, "x-codex-credits-unlimited"), "false");
  CHECK_EQ(header(good, "x-codex-credits-balance"), "12");
  sim_request failing;
  const auto failed = x.post(failing.user("fail"));
  CHECK_EQ(failed.status, 429);
  CHECK_EQ(header(failed, "x-codex-primary-used-percent"), "100");
  CHECK_EQ(header(failed, "x-codex-secondary-used-percent"), "(none)");
  CHECK(header(failed, "x-request-id").starts_with("req_"));
}

SCENARIO("the catalogue has a tag, is not sent twice to who knows it, and changes when it is due") {
  fixture x{"models = ['a']\nmodels_etag = '\"1\"'\n[[catalogue]]\nafter_responses = 2\n"
            "etag = '\"2\"'\nmodels = ['b']"};
  const auto first = x.models();
  CHECK_EQ(header(first, "etag"), "\"1\"");
  CHECK_EQ(json::parse(first.body).at("models").at(0).at("slug").as_string(), "a");
  x.headers.set("if-none-match", "\"1\"");
  const auto known = x.models();
  CHECK_EQ(known.status, 304);
  CHECK(known.body.empty());
  CHECK_EQ(header(known, "etag"), "\"1\"");
  CHECK_EQ(header(x.post(), "x-models-etag"), "\"1\"");
  CHECK_EQ(header(x.post(), "x-models-etag"), "\"1\"");
  CHECK_EQ(header(x.post(), "x-models-etag"), "\"2\"");
  CHECK_EQ(json::parse(x.models().body).at("models").at(0).at("slug").as_string(), "b");
  CHECK_EQ(x.service.stats().models, 2u);
  CHECK_EQ(x.service.stats().not_modified, 1u);
}

SCENARIO("a rule's own header wins over what the provider would say") {
  fixture x{"models_etag = '\"1\"'\n[[rule]]\nheaders = { x-models-etag = '\"x\"' }\nreply = []"};
  CHECK_EQ(header(x.post(), "x-models-etag"), "\"x\"");
  fixture untagged{""};
  CHECK_EQ(header(untagged.post(), "x-models-etag"), "(none)");
  CHECK_EQ(header(untagged.models(), "etag"), "(none)");
}

SCENARIO("compaction answers what the scenario says, else what the request has") {
  fixture own{"[compact]\noutput = ['{\"type\":\"message\",\"text\":\"{{last_user|json}}\"}', "
              "'{\"type\":\"compaction\"}']"};
  const auto body = sim_request{}.user("say \"x\"").body();
  const auto output =
    json::parse(own.ask("POST", "/v1/responses/compact", body).what.body).at("output").as_array();
  REQUIRE_EQ(output.size(), 2u);
  CHECK_EQ(output[0].at("text").as_string(), "say \"x\"");
  fixture usual{""};
  const auto made = usual.ask("POST", "/v1/responses/compact", body).what;
  CHECK_EQ(json::parse(made.body).at("output").as_array().size(), 2u);
  CHECK_EQ(usual.ask("POST", "/v1/responses/compact", "nonsense").what.status, 400);
  CHECK_EQ(usual.service.stats().compactions, 1u);
}

SCENARIO("faults happen to the endpoint they are meant for, each counting its own requests") {
  fixture x{R"toml(
[[fault]]
on = "models"
kind = "status"
status = 500
when = { request = { max = 2 } }
[[fault]]
on = "memories"
kind = "wrong_count"
entries = 3
[[fault]]
on = "compact"
kind = "reset"
when = { user = "reset" }
)toml"};
  CHECK_EQ(x.models().status, 500);
  CHECK_EQ(x.models().status, 500);
  CHECK_EQ(x.models().status, 200);
  CHECK_EQ(x.post().status, 200);
  const auto memories = x.ask("POST", "/v1/memories/trace_summarize", R"({"traces":[{}]})");
  CHECK_EQ(json::parse(memories.what.body).at("output").as_array().size(), 3u);
  CHECK_EQ(memories.broken->name, "wrong_count-2");
  sim_request reset;
  CHECK(!x.ask("POST", "/v1/responses/compact", reset.user("reset").body()).what.sends_head);
  sim_request good;
  CHECK(x.ask("POST", "/v1/responses/compact", good.user("good").body()).what.sends_head);
}

SCENARIO("an answer of JSON can be cut, garbled and delayed as well") {
  fixture x{R"toml(
models = ["a"]
[[fault]]
on = "models"
kind = "cut"
when = { request = 1 }
[[fault]]
on = "models"
kind = "garbage"
text = "<html>"
when = { request = 2 }
[[fault]]
on = "models"
kind = "stall"
for_ms = 20
when = { request = 3 }
)toml"};
  const auto cut = x.models();
  CHECK(cut.end == answer::ending::cut);
  CHECK_EQ(cut.content_type, "application/json");
  CHECK(x.models().body.find("<html>") != std::string::npos);
  CHECK_EQ(x.models().before_head, 20ms);
  const auto good = x.models();
  CHECK(good.body.size() > cut.body.size());
  CHECK(good.events.empty());
}

SCENARIO("chaos hits its share of the responses, counted by what happened") {
  fixture x{"[chaos]\nshare = 0.5\nstall_ms = 10"};
  int broken = 0;
  for (int i = 0; i < 400; ++i) {
    sim_request request;
    request.thread(std::to_string(i)).user("x");
    broken += x.ask("POST", "/v1/responses", request.body()).broken ? 1 : 0;
  }
  CHECK(broken > 150 && broken < 250);
  std::uint64_t counted = 0;
  for (const auto& [kind, times] : x.service.stats().faults)
    counted += times;
  CHECK_EQ(counted, static_cast<std::uint64_t>(broken));
}

SCENARIO("a fault that the scenario names comes before chaos") {
  fixture x{"[chaos]\nshare = 1\nmix = { cut = 1 }\n[[fault]]\nkind = 'incomplete'\n"
            "when = { user = 'named' }"};
  sim_request named;
  CHECK(x.post(named.user("named")).body.find("response.incomplete") != std::string::npos);
  CHECK(x.post().end == answer::ending::cut);
}

SCENARIO("the statistics are told as JSON with every count") {
  fixture x{"name = 'n'"};
  x.post();
  const auto stats = json::parse(x.ask("GET", "/sim/stats").what.body);
  CHECK_EQ(stats.at("scenario").as_string(), "n");
  CHECK_EQ(stats.at("responses").as_int64(), 1);
  CHECK_EQ(stats.at("rules").at("last").as_int64(), 1);
  for (const auto* name : {"seed", "requests", "unmatched", "streams_open", "streams_peak",
                           "refused", "unauthorized", "refreshes", "models", "not_modified",
                           "compactions", "memories", "handshakes", "websockets_open"})
    CHECK(stats.at(name).is_int64() || stats.at(name).is_uint64());
  CHECK(stats.at("faults").as_object().empty());
}
