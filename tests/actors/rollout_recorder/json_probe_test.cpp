#define CAF_SUITE json_probe
#include <caf/test/bdd_dsl.hpp>

#include "actors/rollout_recorder/json_probe.hpp"

#include "messages/json/document.hpp"

#include <string>
#include <utility>
#include <vector>

using namespace troupe::rollout_recorder;

namespace {

using members = std::vector<std::pair<std::string, std::string>>;

members scan(std::string_view text) {
  members result;
  member_scanner scanner{text};
  while (const auto member = scanner.next())
    result.emplace_back(member->name, member->value);
  return result;
}

std::string nested(std::size_t depth) {
  return std::string(depth, '[') + std::string(depth, ']');
}

} // namespace

SCENARIO("the probe tells objects, other JSON and what is no JSON") {
  json_probe probe;
  CHECK(probe.examine(R"({"a":[1,{"b":null}]})") == json_shape::object);
  CHECK(probe.examine(" {} \r\n") == json_shape::object);
  CHECK(probe.examine("[{}]") == json_shape::other);
  CHECK(probe.examine("\"x\"") == json_shape::other);
  CHECK(probe.examine("-12.5e3") == json_shape::other);
  for (const auto* text : {"", " ", "{", "{\"a\":}", "{} {}", "{}x", "{'a':1}", "{\"a\":1,}",
                           "\"\xff\"", "{\"a\":\"\xc3\"}", "nul", "\"\\ud800\"", "// c\n{}"})
    CHECK(probe.examine(text) == json_shape::invalid);
}

SCENARIO("the probe is as good after a failure as before") {
  json_probe probe;
  CHECK(probe.examine("{\"type\":\"x\",") == json_shape::invalid);
  CHECK(probe.examine("{}") == json_shape::object);
  CHECK_EQ(probe.type(), "");
}

SCENARIO("the probe finds the type of the object itself") {
  json_probe probe;
  const std::vector<std::pair<const char*, const char*>> cases{
    {R"({"type":"message"})", "message"},
    {R"({"a":{"type":"inner"},"type":"outer","b":[{"type":"other"}]})", "outer"},
    {R"({"a":{"type":"inner"}})", ""},
    {R"({"type":{"type":"inner"}})", ""},
    {R"({"type":["inner"]})", ""},
    {R"({"type":12,"b":"x"})", ""},
    {R"({"typed":"x"})", ""},
    {R"({"type":"a\u0062c"})", "abc"},
    {R"({"type":"first","type":"last"})", "last"}};
  for (const auto& [text, type] : cases) {
    REQUIRE(probe.examine(text) == json_shape::object);
    CHECK_EQ(probe.type(), type);
  }
}

SCENARIO("a long type is cut, not kept") {
  json_probe probe;
  REQUIRE(probe.examine("{\"type\":\"" + std::string(1'000'000, 'x') + "\"}") ==
          json_shape::object);
  CHECK_EQ(probe.type().size(), 64U);
}

SCENARIO("nesting is limited") {
  json_probe probe;
  CHECK(probe.examine(nested(troupe::max_json_depth)) == json_shape::other);
  CHECK(probe.examine(nested(troupe::max_json_depth + 1)) == json_shape::invalid);
  CHECK(probe.examine(std::string(1'000'000, '[')) == json_shape::invalid);
}

SCENARIO("the scanner gives members as they stand in the text") {
  CHECK_EQ(
    scan(R"({"a":1,"b":"x,}\"{","c":{"d":[1,"]}"]},"e":[],"f":null})"),
    (members{
      {"a", "1"}, {"b", R"("x,}\"{")"}, {"c", R"({"d":[1,"]}"]})"}, {"e", "[]"}, {"f", "null"}}));
  CHECK_EQ(scan(" { \"a\" : 1.5e3 , \"b\" :\ttrue } "), (members{{"a", "1.5e3"}, {"b", "true"}}));
  CHECK_EQ(scan("{}"), members{});
}

SCENARIO("the scanner ends early on what is no object and does no harm") {
  for (const auto* text : {"", "[1]", "{", "{\"a\"", "{\"a\":", "{\"a\":\"x", "{\"a\":[1", "{a:1}",
                           "{\"a\":}", "{\"a\":,"})
    CHECK_EQ(scan(text), members{});
}

SCENARIO("plain strings are those without escapes") {
  CHECK_EQ(plain_string("\"abc\"").value(), "abc");
  CHECK_EQ(plain_string("\"\"").value(), "");
  for (const auto* text : {"", "\"", "abc", "12", "\"a\\n\"", "\"a\"b\""})
    CHECK(!plain_string(text));
}
