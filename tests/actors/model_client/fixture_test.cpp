#define CAF_SUITE fixture
#include <caf/test/bdd_dsl.hpp>

#include "actors/model_client/fixture.hpp"
#include "tests/support/temp_folder.hpp"

#include <fstream>

using namespace troupe;
using namespace troupe::model_client;

namespace {

fixture_response replayed(std::string text) {
  return replay({.text = std::move(text), .problem = {}});
}

config::environment with_path(const std::string& path) {
  return [path](std::string_view name) -> std::optional<std::string> {
    if (name == "CODEX_RS_SSE_FIXTURE")
      return path;
    return std::nullopt;
  };
}

} // namespace

SCENARIO("a fixture gives the events of its data lines") {
  const auto x = replayed(
    "event: response.created\n"
    "data: {\"type\":\"response.created\",\"response\":{\"id\":\"resp1\"}}\n\n"
    "data: {\"type\":\"response.output_text.delta\",\"delta\":\"a\"}\n"
    "data: {\"type\":\"response.output_text.delta\",\"delta\":\"b\"}\n"
    "data: {\"type\":\"response.completed\",\"response\":{\"id\":\"resp1\",\"output\":[]}}\n");
  CHECK(!x.error);
  CHECK(x.events ==
        (std::vector<model_event>{stream_created{}, output_text_delta{"a"}, output_text_delta{"b"},
                                  response_completed{"resp1", std::nullopt}}));
}

SCENARIO("a fixture without a completion is a closed stream") {
  for (const auto* text : {"", "data: {\"type\":\"response.created\",\"response\":{}}", "x"}) {
    const auto x = replayed(text);
    REQUIRE(x.error.has_value());
    CHECK_EQ(x.error->message,
             "stream disconnected before completion: stream closed before response.completed");
  }
}

SCENARIO("the variable names the file; a file that cannot be read fails every stream") {
  CHECK(!read_fixture([](std::string_view) { return std::nullopt; }));
  const test::temp_folder folder;
  const auto path = folder.path() / "fixture.sse";
  std::ofstream{path} << "data: x\n";
  CHECK_EQ(read_fixture(with_path(path.string()))->text, "data: x\n");
  const auto missing = read_fixture(with_path((folder.path() / "none").string()));
  REQUIRE(missing.has_value());
  CHECK(!missing->problem.empty());
  CHECK(replay(*missing).error->code == model_errc::stream);
}
