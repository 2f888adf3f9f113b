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
    const config::environment environment =
      [this](std::string_view name) -> std::optional<std::string> {
      const auto found = variables.find(name);
      return found == variables.end() ? std::nullopt : std::optional{found->second};
    };
    std::map<std::string, std::string> result;
    for (const auto& [name, value] : request_headers(request, {.provider = provider,
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
