#define CAF_SUITE credential_names

#include "config/credential_names.hpp"

#include <caf/test/bdd_dsl.hpp>

using namespace troupe::config;

SCENARIO("what providers log in with counts, of all providers, beside the names that always do") {
  provider one;
  one.env_key = "ONE_KEY";
  provider two;
  two.env_http_headers = {{"x-a", "TWO_A"}, {"x-b", "TWO_B"}};
  const auto names = credential_names({{"one", one}, {"two", two}});
  for (const auto* name :
       {"ONE_KEY", "TWO_A", "TWO_B", "OPENAI_API_KEY", "CODEX_API_KEY", "CODEX_ACCESS_TOKEN",
        "OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_TRACES_HEADERS",
        "OTEL_EXPORTER_OTLP_LOGS_HEADERS", "OTEL_EXPORTER_OTLP_METRICS_HEADERS"})
    CHECK(names.contains(name));
  CHECK(!names.contains("PATH"));
}

SCENARIO("a header that is made of an everyday variable does not take it from the tools") {
  for (const auto* name : {"PATH", "HOME", "USER", "SHELL", "LANG", "TMPDIR"}) {
    provider x;
    x.env_http_headers = {{"x-about", name}};
    CHECK(!credential_names({{"x", x}}).contains(name));
  }
}

SCENARIO("names go as they are written, and addresses lose their user and password") {
  const variables before{{"KEY", "k"},
                         {"KEYS", "k"},
                         {"OPENAI_BASE_URL", "https://me:pass@host/v1"},
                         {"OTEL_EXPORTER_OTLP_ENDPOINT", "http://host:4318"}};
  const variables after{{"KEYS", "k"},
                        {"OPENAI_BASE_URL", "https://host/v1"},
                        {"OTEL_EXPORTER_OTLP_ENDPOINT", "http://host:4318"}};
  CHECK_EQ(without_credentials(before, {"KEY", "keys"}), after);
}

SCENARIO("every address loses its user and password") {
  for (const auto* name : {"OPENAI_BASE_URL", "CODEX_OSS_BASE_URL", "OTEL_EXPORTER_OTLP_ENDPOINT",
                           "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
                           "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"})
    CHECK_EQ(without_credentials({{name, "https://me:pass@host/v1"}}, {}).at(name),
             "https://host/v1");
}

SCENARIO("every proxy loses its user and password") {
  for (const auto* name : {"http_proxy", "https_proxy", "all_proxy", "ftp_proxy", "HTTP_PROXY",
                           "HTTPS_PROXY", "ALL_PROXY", "FTP_PROXY"})
    CHECK_EQ(without_proxy_passwords({{name, "http://me:pass@proxy:3128"}}).at(name),
             "http://proxy:3128");
}
