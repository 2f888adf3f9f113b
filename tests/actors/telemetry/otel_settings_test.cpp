#define CAF_SUITE otel_settings
#include <caf/test/bdd_dsl.hpp>

#include "actors/telemetry/otel_settings.hpp"

#include <map>
#include <string>

using namespace troupe;
using namespace troupe::telemetry;

namespace {

using variables = std::map<std::string, std::string, std::less<>>;

std::optional<otel_settings> read(variables x) {
  return read_otel_settings([x](std::string_view name) -> std::optional<std::string> {
    const auto found = x.find(name);
    return found == x.end() ? std::nullopt : std::optional{found->second};
  });
}

} // namespace

SCENARIO("without an endpoint, and when it is switched off, there are no spans") {
  CHECK(!read({}));
  CHECK(!read({{"OTEL_EXPORTER_OTLP_ENDPOINT", " "}}));
  CHECK(!read({{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://c"}, {"OTEL_SDK_DISABLED", "true"}}));
  CHECK(!read({{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://c"}, {"OTEL_TRACES_EXPORTER", "none"}}));
}

SCENARIO("the endpoint of all signals gets the path of traces, that of traces is complete") {
  CHECK_EQ(read({{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318"}})->url,
           "http://c:4318/v1/traces");
  CHECK_EQ(read({{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://c/base//"}})->url,
           "http://c/base/v1/traces");
  CHECK_EQ(read({{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://c"},
                 {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://t/x"}})
             ->url,
           "http://t/x");
}

SCENARIO("headers are a list of escaped pairs, and unreadable ones are left out") {
  const auto x = read({{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://c"},
                       {"OTEL_EXPORTER_OTLP_HEADERS",
                        "authorization=Bearer%20a%2Cb, x-team = green ,nonsense,bad name=1,"
                        "x-line=a%0Ab,x-percent=5%,x-equals=a=b,"}});
  REQUIRE(x);
  CHECK_EQ(x->headers.size(), 4u);
  CHECK(x->headers.find("authorization") == "Bearer a,b");
  CHECK(x->headers.find("x-team") == "green");
  CHECK(x->headers.find("x-percent") == "5%");
  CHECK(x->headers.find("x-equals") == "a=b");
}

SCENARIO("the service has a name, and prompts stay out unless asked for by name") {
  CHECK_EQ(read({{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://c"}})->service, "troupe");
  const auto x =
    read({{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://c"}, {"OTEL_SERVICE_NAME", "fleet"}});
  CHECK_EQ(x->service, "fleet");
  CHECK(x->texts == prompts::hide);
}
