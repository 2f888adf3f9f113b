#define CAF_SUITE local_server
#include <caf/test/bdd_dsl.hpp>

#include "config/local_server.hpp"

using namespace troupe::config;

namespace {

bool passes(std::string_view version) {
  return !refuse_ollama_version(200, R"({"version":")" + std::string{version} + R"("})");
}

} // namespace

SCENARIO("a local server is asked in its own API or in OpenAI's, as its address says") {
  CHECK_EQ(local_server_probe("http://localhost:11434/v1"), "http://localhost:11434/v1/models");
  CHECK_EQ(local_server_probe("http://localhost:11434/v1/"), "http://localhost:11434/v1/models");
  CHECK_EQ(local_server_probe("http://localhost:11434"), "http://localhost:11434/api/tags");
  CHECK_EQ(local_server_root("http://host/v1//"), "http://host");
  CHECK_EQ(local_server_root("http://host/prefix/"), "http://host/prefix");
}

SCENARIO("an ollama without the Responses API is refused, with the version that has it") {
  for (const auto* version : {"0.13.3", "0.12.99", "0.13.4-rc1", "v0.13.3", "0.0.1", "0.0.0-dev"})
    CHECK(!passes(version));
  const auto text = refuse_ollama_version(200, R"({"version":"0.13.3"})").value_or("");
  CHECK(text.find("0.13.3") != std::string::npos);
  CHECK(text.find("update ollama to 0.13.4") != std::string::npos);
}

SCENARIO("a newer ollama passes, and one whose version cannot be told") {
  for (const auto* version :
       {"0.13.4", "v0.13.4", "vv0.13.4", "0.13.4+build", "0.13.10", "0.14.0-rc1", "1.0.0", "0.0.0",
        "", "latest", "0.13", "0.13.3x", "99999999999.0.0"})
    CHECK(passes(version));
  CHECK(!refuse_ollama_version(404, "not found"));
  CHECK(!refuse_ollama_version(200, R"({"version":13})"));
  CHECK(!refuse_ollama_version(200, "{}"));
  CHECK(!refuse_ollama_version(200, "[]"));
}

SCENARIO("what does not speak JSON is no ollama") {
  CHECK(refuse_ollama_version(200, "<html>").has_value());
  CHECK(refuse_ollama_version(200, "").has_value());
}

SCENARIO("an address is shown without the password in it") {
  CHECK_EQ(without_credentials("http://user:p@ss@host:1/v1"), "http://host:1/v1");
  CHECK_EQ(without_credentials("http://user@host"), "http://host");
  CHECK_EQ(without_credentials("user:secret@host/x@y"), "host/x@y");
  CHECK_EQ(without_credentials("http://host/a@b"), "http://host/a@b");
  CHECK_EQ(without_credentials(""), "");
}
