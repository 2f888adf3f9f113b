#define CAF_SUITE overrides

#include "config/overrides.hpp"

#include <caf/test/bdd_dsl.hpp>

using namespace troupe::config;

namespace {

std::string parsed(const std::vector<std::string>& arguments) {
  const auto result = parse_overrides(arguments, "/ws");
  const auto* error = std::get_if<config_error>(&result);
  return error ? to_string(*error) : canonical_json(std::get<setting_table>(result));
}

std::string repeated(std::string_view text, std::size_t count) {
  std::string result;
  for (std::size_t i = 0; i < count; ++i)
    result += text;
  return result;
}

} // namespace

SCENARIO("values are TOML where they are TOML, else plain text") {
  CHECK_EQ(parsed({"model=o3"}), R"({"model":"o3"})");
  CHECK_EQ(parsed({R"(model="o3")"}), R"({"model":"o3"})");
  CHECK_EQ(parsed({"model='o3'"}), R"({"model":"o3"})");
  CHECK_EQ(parsed({"x= y z "}), R"({"x":"y z"})");
  CHECK_EQ(parsed({"e="}), R"({"e":""})");
  CHECK_EQ(parsed({"a.d=[1,"}), R"({"a":{"d":"[1,"}})");
  CHECK_EQ(parsed({R"(tools={"web_search"=true})"}), R"({"tools":{"web_search":true}})");
  CHECK_EQ(parsed({R"(q="a=b")"}), R"({"q":"a=b"})");
  CHECK_EQ(parsed({"n=3"}), R"({"n":3})");
  CHECK_EQ(parsed({R"(q="a)"}), R"({"q":"a"})");
}

SCENARIO("a date stays a date and does not become text") {
  const auto result = parse_overrides(std::vector<std::string>{"n=2026-01-01"}, "/ws");
  const auto* found = find_setting(std::get<setting_table>(result), {"n"});
  REQUIRE(found != nullptr);
  const auto* date = std::get_if<date_text>(&found->value);
  REQUIRE(date != nullptr);
  CHECK_EQ(date->text, "2026-01-01");
}

SCENARIO("keys are split at every dot, also inside quotes") {
  CHECK_EQ(parsed({R"(projects."/a.b".trust_level=trusted)"}),
           R"({"projects":{"\"/a":{"b\"":{"trust_level":"trusted"}}}})");
  CHECK_EQ(parsed({" a . b =1"}), R"({"a ":{" b":1}})");
}

SCENARIO("a value in the way of a table is replaced, and later overrides win") {
  CHECK_EQ(parsed({"a=1", "a.b=2"}), R"({"a":{"b":2}})");
  CHECK_EQ(parsed({"a.b=1", "a.c=2", "a.b=3"}), R"({"a":{"b":3,"c":2}})");
  CHECK_EQ(parsed({"a.b=1", "a={}"}), R"({"a":{}})");
}

SCENARIO("the old sandbox switch means the feature") {
  CHECK_EQ(parsed({"use_linux_sandbox_bwrap=true"}),
           R"({"features":{"use_linux_sandbox_bwrap":true}})");
}

SCENARIO("an argument that is not key=value is refused with its text, but for what may be secret") {
  CHECK_EQ(parsed({"model"}), "Error parsing -c overrides: Invalid override (missing '='): model");
  CHECK_EQ(parsed({" =x"}), "Error parsing -c overrides: Empty key in override:  =***");
  for (const auto* key : {"sk-abc", " sk-abc", "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOjF9"})
    CHECK_EQ(parsed({key}), "Error parsing -c overrides: Invalid override (missing '='): ***");
}

SCENARIO("a key of too many parts and a value that nests too deep do no harm") {
  CHECK(parsed({repeated("a.", 5000) + "b=1"}).starts_with("Error parsing -c overrides: "));
  const auto brackets = repeated("[", 5000);
  CHECK_EQ(parsed({"a=" + brackets}), R"({"a":")" + brackets + R"("})");
}
