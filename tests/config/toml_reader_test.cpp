#define CAF_SUITE toml_reader

#include "config/toml_reader.hpp"

#include <caf/test/bdd_dsl.hpp>

using namespace troupe::config;

namespace {

std::string parsed(std::string text) {
  const auto source = std::make_shared<const settings_source>(
    settings_source{"/h/config.toml", "/h", std::move(text)});
  const auto result = parse_toml(source);
  const auto* error = std::get_if<config_error>(&result);
  return error ? error->message : canonical_json(std::get<setting_table>(result));
}

std::string repeated(std::string_view text, std::size_t count) {
  std::string result;
  for (std::size_t i = 0; i < count; ++i)
    result += text;
  return result;
}

} // namespace

SCENARIO("every kind of value is read") {
  CHECK_EQ(
    parsed(
      "s = 'x'\ni = 3\nf = 1.5\nb = true\nl = [1, 'a']\nd = 2026-01-02T03:04:05Z\n[t]\nk = 1\n"),
    R"({"b":true,"d":"2026-01-02T03:04:05Z","f":1.5,"i":3,"l":[1,"a"],"s":"x","t":{"k":1}})");
  CHECK_EQ(parsed(""), "{}");
}

SCENARIO("a syntax error names the place and shows the line with a marker") {
  const auto text = parsed("model = \"a\"\nreview_model = [1,\n");
  CHECK(text.starts_with("/h/config.toml:"));
  const auto two_names = parsed("a = 1\na = 2\n");
  CHECK(two_names.starts_with("/h/config.toml:2:"));
  const auto missing = parsed("a = 1\nb = \n");
  CHECK(missing.starts_with("/h/config.toml:2:5: "));
  CHECK(missing.ends_with("\n  |\n2 | b = \n  |     ^"));
}

SCENARIO("a line that holds a credential is not shown") {
  const auto text = parsed("experimental_bearer_token = \"sk-1234\n");
  CHECK(text.starts_with("/h/config.toml:1:"));
  CHECK(text.find("sk-1234") == std::string::npos);
  CHECK(text.find("experimental_bearer_token = ***") != std::string::npos);
}

SCENARIO("what would exhaust the stack is refused with its place") {
  const std::string refusal = "nested too deep; at most 64 brackets and 32 parts of a key";
  CHECK(parsed("a = " + repeated("[", 65)).starts_with("/h/config.toml:1:69: " + refusal));
  CHECK(parsed("x = 1\n" + repeated("a.", 33) + "b = 1").find(refusal) != std::string::npos);
  CHECK(parsed(repeated("'a'.", 100'000) + "b = 1").find(refusal) != std::string::npos);
  CHECK(parsed(repeated("a={", 100'000)).find(refusal) != std::string::npos);
}

SCENARIO("brackets and dots inside strings and comments do not count") {
  const auto many = repeated("[.", 200);
  CHECK_EQ(parsed("# " + many + "\na = '" + many + "'\n"), R"({"a":")" + many + R"("})");
  CHECK_EQ(parsed("a = \"\"\"" + many + "\"\"\"\n"), R"({"a":")" + many + R"("})");
  CHECK_EQ(parsed("a = \"\\\"" + many + "\"\n"), R"({"a":"\")" + many + R"("})");
  CHECK_EQ(parsed("a = [" + repeated("0.5, ", 100) + "]").size(), 6 + 100 * 3U + 101);
}

SCENARIO("the deepest document that is allowed can be read, merged and printed") {
  const auto key = repeated("a.", max_key_parts - 1) + "a = ";
  const auto text = repeated(key + "{", max_nesting) + "x = 1" + repeated("}", max_nesting);
  const auto source =
    std::make_shared<const settings_source>(settings_source{"/h/config.toml", "/h", text});
  const auto result = parse_toml(source);
  REQUIRE(std::holds_alternative<setting_table>(result));
  const auto& root = std::get<setting_table>(result);
  const auto depth = max_key_parts * max_nesting + 1;
  CHECK_EQ(canonical_json(merged(root, root)).size(), depth * 6 - 5 + 6);
}
