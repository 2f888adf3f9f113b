#define CAF_SUITE otel
#include <caf/test/bdd_dsl.hpp>

#include "config/otel.hpp"
#include "tests/config/loading.hpp"

#include <string>

using namespace troupe;
using namespace troupe::config;
using namespace troupe::config::test;

namespace {

struct fixture : config_fixture {
  /// Without a file.
  std::optional<otel_settings> read(variable_map x) {
    request.env = environment_of(std::move(x));
    return read_file("");
  }

  std::optional<otel_settings> read_file(std::string_view text) const {
    user_file(text);
    auto result = load_otel(request);
    REQUIRE(!std::holds_alternative<config_error>(result));
    return std::get<std::optional<otel_settings>>(std::move(result));
  }

  bool is_refused(std::string_view text) const {
    user_file(text);
    return std::holds_alternative<config_error>(load_otel(request));
  }
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("without an endpoint, and when it is switched off, nothing is sent") {
  CHECK(!read({}));
  CHECK(!read({{"OTEL_EXPORTER_OTLP_ENDPOINT", " "}}));
  CHECK(!read({{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://c"}, {"OTEL_SDK_DISABLED", "true"}}));
  CHECK(!read({{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://c"},
               {"OTEL_TRACES_EXPORTER", "none"},
               {"OTEL_LOGS_EXPORTER", "none"}}));
}

SCENARIO("each signal is switched off and sent elsewhere by itself") {
  const auto logs =
    read({{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://c"}, {"OTEL_TRACES_EXPORTER", "none"}});
  REQUIRE(logs);
  CHECK(!logs->traces);
  CHECK_EQ(logs->logs->url, "http://c/v1/logs");
  const auto traces = read({{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://t"}});
  REQUIRE(traces);
  CHECK_EQ(traces->traces->url, "http://t");
  CHECK(!traces->logs);
  CHECK_EQ(read({{"OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "http://l/x"}})->logs->url, "http://l/x");
}

SCENARIO("the endpoint of all signals gets the path of traces, that of traces is complete") {
  CHECK_EQ(read({{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318"}})->traces->url,
           "http://c:4318/v1/traces");
  CHECK_EQ(read({{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://c/base//"}})->traces->url,
           "http://c/base/v1/traces");
  CHECK_EQ(read({{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://c"},
                 {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://t/x"}})
             ->traces->url,
           "http://t/x");
}

SCENARIO("headers are a list of escaped pairs, and unreadable ones are left out") {
  const auto x = read({{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://c"},
                       {"OTEL_EXPORTER_OTLP_HEADERS",
                        "authorization=Bearer%20a%2Cb, x-team = green ,nonsense,bad name=1,"
                        "x-line=a%0Ab,x-percent=5%,x-equals=a=b,"}});
  REQUIRE(x);
  CHECK_EQ(x->traces->headers.size(), 4u);
  CHECK(x->traces->headers.find("authorization") == "Bearer a,b");
  CHECK(x->traces->headers.find("x-team") == "green");
  CHECK(x->traces->headers.find("x-percent") == "5%");
  CHECK(x->traces->headers.find("x-equals") == "a=b");
}

SCENARIO("the service has a name, and prompts stay out unless asked for by name") {
  CHECK_EQ(read({{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://c"}})->service, "troupe");
  const auto x =
    read({{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://c"}, {"OTEL_SERVICE_NAME", "fleet"}});
  CHECK_EQ(x->service, "fleet");
  CHECK(x->prompts == prompt_logging::off);
}

SCENARIO("an exporter of config.toml is used, with its headers, and stands above the variables") {
  request.env = environment_of({{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://env"}});
  const auto x = read_file(R"(
[otel]
environment = "prod"
log_user_prompt = true
trace_exporter = { otlp-http = { endpoint = "https://c/v1/traces", headers = { "x-key" = "k" } } }
exporter = { otlp-http = { endpoint = "https://logs/v1/logs" } }
)");
  REQUIRE(x);
  CHECK_EQ(x->traces->url, "https://c/v1/traces");
  CHECK_EQ(x->logs->url, "https://logs/v1/logs");
  CHECK(x->traces->headers.find("x-key") == "k");
  CHECK_EQ(x->environment, "prod");
  CHECK(x->prompts == prompt_logging::on);
}

SCENARIO("the endpoint of one signal, or of all, becomes that of each") {
  for (const auto* endpoint : {"http://c", "http://c/", "http://c/v1/logs", "http://c/v1/traces"}) {
    const auto x =
      read_file(R"(otel.exporter.otlp-http.endpoint = ")" + std::string{endpoint} + '"');
    REQUIRE(x);
    CHECK_EQ(x->traces->url, "http://c/v1/traces");
    CHECK_EQ(x->logs->url, "http://c/v1/logs");
  }
}

SCENARIO("without an exporter the variables count, and `none` switches spans off") {
  CHECK(!read_file(""));
  request.env = environment_of({{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://env"}});
  CHECK_EQ(read_file("")->traces->url, "http://env/v1/traces");
  const auto x = read_file("otel.environment = \"dev\"");
  CHECK_EQ(x->environment, "dev");
  CHECK(x->prompts == prompt_logging::off);
  CHECK(!read_file("otel.exporter = \"none\""));
  CHECK(!read_file("otel.trace_exporter = \"none\"\n"
                   "otel.exporter.otlp-http.endpoint = \"http://c\"")
           ->traces);
}

SCENARIO("exporters that are not there are refused, and so are wrong types") {
  for (const auto* text :
       {"otel = 1", "otel.exporter = \"statsig\"", "otel.exporter = 5",
        "otel.exporter.otlp-grpc.endpoint = \"http://c\"", "otel.exporter.otlp-http = {}",
        "otel.exporter.otlp-http.endpoint = \"\"", "otel.log_user_prompt = 1",
        "otel.exporter.otlp-http = { endpoint = \"http://c\", headers = 1 }"})
    CHECK(is_refused(text));
}

SCENARIO("a project does not say where telemetry goes, trusted as it is, and the user is told") {
  disk.make_folder("ws/.git");
  disk.write("ws/.codex/config.toml", R"(
model = "project"
[otel]
log_user_prompt = true
exporter = { otlp-http = { endpoint = "http://elsewhere" } }
)");
  trust(workspace);
  const auto nothing = load_otel(request);
  REQUIRE(std::holds_alternative<std::optional<otel_settings>>(nothing));
  CHECK(!std::get<std::optional<otel_settings>>(nothing));
  const auto x = read_file("otel.exporter.otlp-http.endpoint = \"http://c\"\n[projects.\"" +
                           workspace.string() + "\"]\ntrust_level = \"trusted\"\n");
  REQUIRE(x);
  CHECK_EQ(x->traces->url, "http://c/v1/traces");
  CHECK_EQ(x->logs->url, "http://c/v1/logs");
  CHECK(x->prompts == prompt_logging::off);
  const auto settings = loaded();
  CHECK(settings.model == "project");
  REQUIRE_EQ(settings.warnings.size(), 1u);
  CHECK(settings.warnings[0].find("`otel` is left out") != std::string::npos);
}

END_FIXTURE_SCOPE()
