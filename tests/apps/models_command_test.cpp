#define CAF_SUITE models_command
#include <caf/test/bdd_dsl.hpp>

#include "apps/models/models_command.hpp"

#include <CLI/CLI.hpp>

#include <functional>
#include <string>

using namespace troupe;

namespace {

enum class parse_result { selected, nothing, refused };

parse_result parse(const std::string& line) {
  CLI::App app;
  std::function<int()> selected;
  models::add_command(app, selected);
  try {
    app.parse(line);
  } catch (const CLI::ParseError&) {
    return parse_result::refused;
  }
  return selected ? parse_result::selected : parse_result::nothing;
}

} // namespace

SCENARIO("models list is selected with its options") {
  CHECK(parse("models list") == parse_result::selected);
  CHECK(parse("models list --json --all -c a=1 -c b=2 --enable undo --disable apps") ==
        parse_result::selected);
  CHECK(parse("models list --provider mine --refresh online") == parse_result::selected);
  CHECK(parse("models show gpt-5 --json --provider mine -c a=1") == parse_result::selected);
  CHECK(parse("models default --refresh offline") == parse_result::selected);
}

SCENARIO("models needs something to do, and knows what") {
  CHECK(parse("models") == parse_result::refused);
  CHECK(parse("models show") == parse_result::refused);
  CHECK(parse("models list --fast") == parse_result::refused);
  CHECK(parse("models list --refresh often") == parse_result::refused);
  CHECK(parse("models default gpt-5") == parse_result::refused);
  CHECK(parse("models default --json") == parse_result::refused);
  CHECK(parse("") == parse_result::nothing);
}
