#define CAF_SUITE sim_schema_instance
#include <caf/test/bdd_dsl.hpp>

#include "apps/sim/schema_instance.hpp"

#include <boost/json.hpp>

#include <string>
#include <utility>
#include <vector>

using namespace troupe::sim;

SCENARIO("an instance has what the schema asks for and little else") {
  const std::vector<std::pair<std::string, std::string>> cases = {
    {R"({"type":"object","properties":{"answer":{"type":"string"},"more":{"type":"string"}},"required":["answer"],"additionalProperties":false})",
     R"({"answer":"answer"})"},
    {R"({"type":"object","properties":{"n":{"type":"integer"},"ok":{"type":"boolean"},"x":{"type":"null"}},"required":["n","ok","x"]})",
     R"({"n":0,"ok":false,"x":null})"},
    {R"({"type":"string"})", R"("text")"},
    {R"({"type":"array","items":{"type":"integer"}})", "[]"},
    {R"({"type":"array","items":{"type":"string"},"minItems":2,"uniqueItems":true})",
     R"(["text_1","text_2"])"},
    {R"({"type":"array","prefixItems":[{"const":1}],"items":{"type":"boolean"},"minItems":2})",
     "[1,false]"},
    {R"({"enum":["b","a"]})", R"("b")"},
    {R"({"const":{"x":[1]}})", R"({"x":[1]})"},
    {R"({"type":"integer","default":7})", "7"},
    {R"({"type":["null","integer"]})", "0"},
    {R"({"type":["null"]})", "null"},
    {R"({})", R"("text")"},
    {R"({"required":["a"]})", R"({"a":"a"})"},
    {R"({"items":{"type":"integer"},"minItems":1})", "[0]"},
    {R"({"type":"object","minProperties":2,"additionalProperties":{"type":"integer"}})",
     R"({"key_1":0,"key_2":0})"},
    {"not json", "{}"},
    {"true", "null"},
  };
  for (const auto& [schema, expected] : cases)
    CHECK_EQ(schema_instance(schema), expected);
}

SCENARIO("bounds of numbers and lengths hold") {
  const std::vector<std::pair<std::string, std::string>> cases = {
    {R"({"type":"integer","minimum":3})", "3"},
    {R"({"type":"integer","minimum":2.5})", "3"},
    {R"({"type":"integer","exclusiveMinimum":3})", "4"},
    {R"({"type":"integer","maximum":-2})", "-2"},
    {R"({"type":"integer","exclusiveMaximum":-2})", "-3"},
    {R"({"type":"integer","minimum":4,"multipleOf":3})", "6"},
    {R"({"type":"number","minimum":0.25})", "2.5E-1"},
    {R"({"type":"number","exclusiveMinimum":1})", "1.5E0"},
    {R"({"type":"string","minLength":6})", R"("textxx")"},
    {R"({"type":"string","maxLength":2})", R"("te")"},
    {R"({"type":"string","format":"date"})", R"("2026-01-01")"},
    {R"({"type":"string","format":"unheard-of"})", R"("text")"},
  };
  for (const auto& [schema, expected] : cases)
    CHECK_EQ(schema_instance(schema), expected);
}

SCENARIO("references and combinations are followed") {
  const std::vector<std::pair<std::string, std::string>> cases = {
    {R"({"$ref":"#/$defs/a","$defs":{"a":{"type":"integer"}}})", "0"},
    {R"({"$ref":"#/definitions/a~1b","definitions":{"a/b":{"const":1}}})", "1"},
    {R"({"$ref":"#/nowhere"})", "null"},
    {R"({"$ref":"https://example.com/x"})", "null"},
    {R"({"allOf":[{"properties":{"a":{"type":"integer"}},"required":["a"]},{"properties":{"b":{"type":"boolean"}},"required":["b"]}]})",
     R"({"a":0,"b":false})"},
    {R"({"anyOf":[{"type":"null"},{"type":"integer"}]})", "0"},
    {R"({"oneOf":[{"type":"null"}]})", "null"},
    {R"({"type":"object","required":["k"],"anyOf":[{"properties":{"k":{"const":"v"}}}]})",
     R"({"k":"v"})"},
  };
  for (const auto& [schema, expected] : cases)
    CHECK_EQ(schema_instance(schema), expected);
}

SCENARIO("recursive schemas end") {
  const auto list = schema_instance(
    R"({"type":"object","properties":{"next":{"anyOf":[{"type":"null"},{"$ref":"#"}]}},"required":["next"]})");
  CHECK(list.ends_with(R"({"next":null})" +
                       std::string(list.size() - 13 > 0 ? (list.size() - 13) / 9 : 0, '}')));
  boost::system::error_code error;
  boost::json::parse(schema_instance(R"({"$ref":"#"})"), error);
  CHECK(!error);
  const auto tree = schema_instance(
    R"({"type":"object","properties":{"a":{"$ref":"#"},"b":{"$ref":"#"}},"required":["a","b"]})");
  CHECK(tree.size() < 1'000'000);
  CHECK(schema_instance(R"({"type":"array","minItems":1000000,"items":{"$ref":"#"}})").size() <
        1'000'000);
}

SCENARIO("a huge or deep schema is not worked on") {
  CHECK_EQ(
    schema_instance(R"({"type":"string","description":")" + std::string(300'000, 'x') + "\"}"),
    "{}");
  CHECK_EQ(schema_instance(std::string(100, '[') + std::string(100, ']')), "{}");
}
