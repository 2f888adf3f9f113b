#define CAF_SUITE request_headers
#include <caf/test/bdd_dsl.hpp>

#include "actors/model_client/request_headers.hpp"

#include <map>
#include <string>

using namespace troupe;
using namespace troupe::model_client;

namespace {

struct case_of {
  model_request request;
  config::provider provider;
  std::map<std::string, std::string, std::less<>> variables;
  config::credential credential;
  client_identity identity{.originator = "codex_exec", .user_agent = "codex_exec/1.0 (x)"};

  case_of() { request.thread = *parse_thread_id("019c3c5e-0000-7000-8000-000000000000"); }

  std::map<std::string, std::string> headers() const {
    return made_by([this](const header_sources& from) { return request_headers(request, from); });
  }

  std::map<std::string, std::string> handshake() const {
    return made_by([this](const header_sources& from) {
      return handshake_headers(
        {.thread = request.thread, .origin = request.origin, .turn_state = request.turn_state},
        from);
    });
  }

  std::map<std::string, std::string> unary() const {
    return made_by(
      [this](const header_sources& from) { return unary_headers(request.origin.subagent, from); });
  }

private:
  template <class Make>
  std::map<std::string, std::string> made_by(Make make) const {
    const config::environment environment =
      [this](std::string_view name) -> std::optional<std::string> {
      const auto found = variables.find(name);
      return found == variables.end() ? std::nullopt : std::optional{found->second};
    };
    std::map<std::string, std::string> result;
    for (const auto& [name, value] : make({.provider = provider,
                                     .environment = environment,
                                     .credential = credential,
                                     .identity = identity})) {
      CHECK(result.emplace(name, value).second);
    }
    return result;
  }
};

using map = std::map<std::string, std::string>;

} // namespace

SCENARIO("a plain request has the headers of every request") {
  CHECK(case_of{}.headers() == (map{{"session_id", "019c3c5e-0000-7000-8000-000000000000"},
                                    {"Accept", "text/event-stream"},
                                    {"Content-Type", "application/json"},
                                    {"originator", "codex_exec"},
                                    {"User-Agent", "codex_exec/1.0 (x)"}}));
}

SCENARIO("a full request has all layers") {
  case_of x;
  x.provider.http_headers = {{"version", "1.2.3"}};
  x.provider.env_http_headers = {{"OpenAI-Organization", "ORG"}, {"OpenAI-Project", "PROJECT"}};
  x.variables = {{"ORG", " org "}, {"PROJECT", "  "}};
  x.request.turn_state = "ts";
  x.request.origin.subagent = "review";
  x.credential = {.token = config::secret{"key"}, .account_id = "account"};
  CHECK(x.headers() == (map{{"version", "1.2.3"},
                            {"OpenAI-Organization", " org "},
                            {"x-codex-turn-state", "ts"},
                            {"session_id", "019c3c5e-0000-7000-8000-000000000000"},
                            {"x-openai-subagent", "review"},
                            {"Authorization", "Bearer key"},
                            {"ChatGPT-Account-ID", "account"},
                            {"Accept", "text/event-stream"},
                            {"Content-Type", "application/json"},
                            {"originator", "codex_exec"},
                            {"User-Agent", "codex_exec/1.0 (x)"}}));
}

/// With everything a thread may say of itself.
case_of full_case() {
  case_of x;
  x.provider.http_headers = {{"version", "1.2.3"}};
  x.request.turn_state = "ts";
  x.request.origin = {.turn = "turn",
                      .transport = model_transport::websocket_v1,
                      .beta_features = "shell_snapshot,apps",
                      .turn_metadata = R"({"workspaces":{"/r\u00e9po":{}}})",
                      .subagent = "collab_spawn",
                      .compression = true,
                      .timing_metrics = true};
  x.credential = {.token = config::secret{"key"}, .account_id = "account"};
  x.identity.residency = "us";
  return x;
}

SCENARIO("a turn's headers are sent over HTTP, its metadata as raw UTF-8") {
  CHECK(full_case().headers() ==
        (map{{"version", "1.2.3"},
             {"x-codex-beta-features", "shell_snapshot,apps"},
             {"x-codex-turn-state", "ts"},
             {"x-codex-turn-metadata", R"({"workspaces":{"/r\u00e9po":{}}})"},
             {"session_id", "019c3c5e-0000-7000-8000-000000000000"},
             {"x-openai-subagent", "collab_spawn"},
             {"Authorization", "Bearer key"},
             {"ChatGPT-Account-ID", "account"},
             {"Accept", "text/event-stream"},
             {"Content-Type", "application/json"},
             {"originator", "codex_exec"},
             {"User-Agent", "codex_exec/1.0 (x)"},
             {"x-openai-internal-codex-residency", "us"}}));
}

SCENARIO("a handshake says which protocol it wants, and neither who we are nor which sub-agent") {
  auto x = full_case();
  const map v1{{"version", "1.2.3"},
               {"x-codex-beta-features", "shell_snapshot,apps"},
               {"x-codex-turn-state", "ts"},
               {"x-codex-turn-metadata", R"({"workspaces":{"/r\u00e9po":{}}})"},
               {"session_id", "019c3c5e-0000-7000-8000-000000000000"},
               {"OpenAI-Beta", "responses_websockets=2026-02-04"},
               {"x-responsesapi-include-timing-metrics", "true"},
               {"Authorization", "Bearer key"},
               {"ChatGPT-Account-ID", "account"}};
  CHECK(x.handshake() == v1);
  x.request.origin.transport = model_transport::websocket_v2;
  CHECK_EQ(x.handshake()["OpenAI-Beta"], "responses_websockets=2026-02-06");
}

SCENARIO("timings are asked for only where they are wanted") {
  auto x = full_case();
  x.request.origin.timing_metrics = false;
  CHECK(!x.handshake().contains("x-responsesapi-include-timing-metrics"));
  CHECK(!full_case().headers().contains("x-responsesapi-include-timing-metrics"));
}

SCENARIO("calls that answer in one piece carry nothing of a turn") {
  CHECK(full_case().unary() == (map{{"version", "1.2.3"},
                                    {"x-openai-subagent", "collab_spawn"},
                                    {"Authorization", "Bearer key"},
                                    {"ChatGPT-Account-ID", "account"},
                                    {"Content-Type", "application/json"},
                                    {"originator", "codex_exec"},
                                    {"User-Agent", "codex_exec/1.0 (x)"},
                                    {"x-openai-internal-codex-residency", "us"}}));
}

SCENARIO("later layers replace earlier ones, the identity only fills gaps") {
  case_of x;
  x.provider.http_headers = {{"authorization", "Basic x"}, {"accept", "*/*"},
                             {"Session_Id", "mine"},       {"user-agent", "custom"},
                             {"ORIGINATOR", "me"},         {"content-type", "application/x"}};
  x.credential.token = config::secret{"key"};
  auto headers = x.headers();
  CHECK_EQ(headers.size(), 6u);
  net::header_list list;
  for (const auto& [name, value] : headers)
    list.set(name, value);
  CHECK(list.find("Authorization") == "Bearer key");
  CHECK(list.find("Accept") == "text/event-stream");
  CHECK(list.find("session_id") == "019c3c5e-0000-7000-8000-000000000000");
  CHECK(list.find("User-Agent") == "custom");
  CHECK(list.find("originator") == "me");
  CHECK(list.find("Content-Type") == "application/x");
}

SCENARIO("without a token a header of the provider stays") {
  case_of x;
  x.provider.http_headers = {{"Authorization", "Basic x"}};
  CHECK_EQ(x.headers()["Authorization"], "Basic x");
}

SCENARIO("values that are no legal header value are left out") {
  case_of x;
  x.request.turn_state = "a\r\nX-Evil: 1";
  x.request.origin.subagent = "\x01";
  x.credential = {.token = config::secret{"k\ney"}, .account_id = "\u00e9"};
  const auto headers = x.headers();
  CHECK(!headers.contains("x-codex-turn-state"));
  CHECK(!headers.contains("x-openai-subagent"));
  CHECK(!headers.contains("Authorization"));
  CHECK_EQ(headers.at("ChatGPT-Account-ID"), "\u00e9");
}
