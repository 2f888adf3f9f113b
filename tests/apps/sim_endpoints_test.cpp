#define CAF_SUITE sim_endpoints
#include <caf/test/bdd_dsl.hpp>

#include "apps/sim/body_decoding.hpp"
#include "apps/sim/other_endpoints.hpp"
#include "apps/sim/request_log.hpp"
#include "apps/sim/routes.hpp"
#include "tests/apps/sim_requests.hpp"
#include "tests/support/temp_folder.hpp"

#include <boost/json.hpp>
#include <zstd.h>

#include <fstream>
#include <sstream>

using namespace troupe::sim;
using troupe::test::sim_request;
namespace json = boost::json;

namespace {

std::string compressed(std::string_view text) {
  std::string result(ZSTD_compressBound(text.size()), '\0');
  result.resize(ZSTD_compress(result.data(), result.size(), text.data(), text.size(), 3));
  return result;
}

std::string problem_of(std::string_view encoding, std::string body, std::size_t most = 1000) {
  const auto result = decoded_body(encoding, std::move(body), most);
  const auto* problem = std::get_if<undecodable>(&result);
  return problem == nullptr ? "" : problem->reason;
}

} // namespace

SCENARIO("any base path leads to the endpoints") {
  const std::vector<std::tuple<std::string_view, std::string_view, std::string_view, endpoint>>
    cases = {
      {"POST", "/v1/responses", "", endpoint::responses},
      {"POST", "/responses", "", endpoint::responses},
      {"POST", "/a/b/c/responses?api-version=1", "", endpoint::responses},
      {"POST", "/v1/responses/compact", "", endpoint::compact},
      {"POST", "/v1/memories/trace_summarize", "", endpoint::memories},
      {"POST", "/oauth/token", "", endpoint::token},
      {"GET", "/v1/models", "", endpoint::plain_models},
      {"GET", "/models?x=1", "", endpoint::plain_models},
      {"GET", "/v1/models?client_version=0.99.0", "", endpoint::model_catalogue},
      {"GET", "/sim/stats", "", endpoint::statistics},
      {"GET", "/v1/responses", "websocket", endpoint::websocket},
      {"GET", "/v1/responses", "WebSocket", endpoint::websocket},
      {"GET", "/v1/responses", "", endpoint::unknown},
      {"GET", "/", "", endpoint::unknown},
      {"POST", "/v1/models", "", endpoint::unknown},
      {"POST", "/v1/chat/completions", "", endpoint::unknown},
      {"PUT", "/v1/responses", "", endpoint::unknown},
      {"GET", "", "", endpoint::unknown},
    };
  for (const auto& [method, target, upgrade, expected] : cases)
    CHECK(endpoint_of(method, target, upgrade) == expected);
}

SCENARIO("models are listed in both forms") {
  const std::vector<listed_model> models = {{"a", 1000}, {"b \"2\"", 2000}};
  CHECK_EQ(plain_model_list(models),
           R"({"object":"list","data":[)"
           R"({"id":"a","object":"model","created":0,"owned_by":"troupe-sim"},)"
           R"({"id":"b \"2\"","object":"model","created":0,"owned_by":"troupe-sim"}]})");
  CHECK_EQ(plain_model_list({}), R"({"object":"list","data":[]})");
  const auto catalogue = json::parse(model_catalogue(models));
  const auto& list = catalogue.at("models").as_array();
  REQUIRE_EQ(list.size(), 2u);
  CHECK_EQ(list[1].at("slug").as_string(), "b \"2\"");
  CHECK_EQ(list[1].at("context_window").as_int64(), 2000);
  // Fields whose absence makes a client refuse the whole list (contract models-manager, section 2).
  for (const auto* field :
       {"slug", "display_name", "supported_reasoning_levels", "shell_type", "visibility",
        "supported_in_api", "priority", "base_instructions", "supports_reasoning_summaries",
        "support_verbosity", "truncation_policy", "supports_parallel_tool_calls",
        "experimental_supported_tools"})
    CHECK(list[0].as_object().contains(field));
}

SCENARIO("compaction keeps the newest user messages and adds its item") {
  sim_request request;
  request.user(std::string(70'000, 'a')).assistant("x").user(std::string(20'000, 'b')).user("last");
  const auto output = json::parse(compacted_history(request.view())).at("output").as_array();
  REQUIRE_EQ(output.size(), 3u);
  CHECK_EQ(output[1].at("content").at(0).at("text").as_string(), "last");
  CHECK_EQ(output[2].at("type").as_string(), "compaction");
  CHECK(!output[2].at("encrypted_content").as_string().empty());
  sim_request none;
  CHECK_EQ(json::parse(compacted_history(none.view())).at("output").as_array().size(), 1u);
}

SCENARIO("memories get one summary per trace") {
  const auto two =
    json::parse(memory_summaries(R"({"model":"m","traces":[{"id":"1"},{"id":"2"}]})"));
  CHECK_EQ(two.at("output").as_array().size(), 2u);
  CHECK(two.at("output").at(1).as_object().contains("memory_summary"));
  CHECK_EQ(memory_summaries("{}"), R"({"output":[]})");
  CHECK_EQ(memory_summaries("nonsense"), R"({"output":[]})");
  CHECK_EQ(json::parse(memory_summaries_of(3)).at("output").as_array().size(), 3u);
}

SCENARIO("a compressed body is read, a broken one refused") {
  const std::string text(500, 'x');
  CHECK_EQ(std::get<std::string>(decoded_body("", "as it is", 10)), "as it is");
  CHECK_EQ(std::get<std::string>(decoded_body("identity", "x", 10)), "x");
  CHECK_EQ(std::get<std::string>(decoded_body("zstd", compressed(text), 500)), text);
  CHECK_EQ(problem_of("zstd", compressed(text), 499), "the body is too large once decompressed");
  CHECK_EQ(problem_of("zstd", compressed(text).substr(0, 10)), "the zstd body ends too early");
  CHECK_EQ(problem_of("zstd", ""), "the zstd body ends too early");
  CHECK_EQ(problem_of("zstd", "plain"), "the body is not zstd");
  CHECK_EQ(problem_of("br", "x"), "unknown Content-Encoding; known are identity and zstd");
}

SCENARIO("a log line tells all of a request but its credentials") {
  troupe::net::header_list headers;
  headers.set("Authorization", "Bearer secret-key");
  headers.set("originator", "test");
  logged_request x;
  x.number = 3;
  x.at = std::chrono::microseconds{1500};
  x.method = "POST";
  x.target = "/v1/responses";
  x.headers = &headers;
  x.body = "{\n  \"a\": 1\n}";
  x.rule = "r";
  x.status = 200;
  const auto line = log_line(x);
  CHECK_EQ(line,
           R"({"seq":3,"t_ms":1.500,"status":200,"rule":"r","fault":null,"method":"POST",)"
           R"("path":"/v1/responses","headers":[["Authorization","***"],["originator","test"]],)"
           R"("body":{"a":1}})"
           "\n");
  x.body = "not json \xff";
  CHECK_EQ(json::parse(log_line(x)).at("body").as_string(), "not json \xEF\xBF\xBD");
  x.body = "";
  CHECK(json::parse(log_line(x)).at("body").is_null());
}

SCENARIO("log lines are appended to their file") {
  const troupe::test::temp_folder folder;
  const auto file = folder.path() / "log.jsonl";
  for (std::uint64_t i = 1; i <= 2; ++i) {
    request_log log;
    REQUIRE(!log.open(file));
    logged_request x;
    x.number = i;
    log.write(x);
  }
  std::ifstream in{file};
  std::string line;
  std::uint64_t expected = 0;
  while (std::getline(in, line))
    CHECK_EQ(json::parse(line).at("seq").to_number<std::uint64_t>(), ++expected);
  CHECK_EQ(expected, 2u);
  request_log bad;
  CHECK(bad.open(folder.path() / "no" / "folder"));
  CHECK(!bad.is_open());
}
