#define CAF_SUITE settings_tree

#include "config/settings_tree.hpp"

#include "config/toml_reader.hpp"

#include <caf/test/bdd_dsl.hpp>

using namespace troupe::config;

namespace {

setting_table tree(std::string text) {
  const auto source = std::make_shared<const settings_source>(
    settings_source{"/h/config.toml", "/h", std::move(text)});
  return std::get<setting_table>(parse_toml(source));
}

} // namespace

SCENARIO("tables merge key by key and every other value replaces") {
  const auto result = merged(tree("a = 1\nl = [1, 2]\nt = {x = 1, y = 2}\ns = {z = 1}\nn = 1"),
                             tree("a = 2\nl = [3]\nt = {y = 3, z = 4}\ns = 5\nn = {q = 1}"));
  CHECK_EQ(canonical_json(result), R"({"a":2,"l":[3],"n":{"q":1},"s":5,"t":{"x":1,"y":3,"z":4}})");
}

SCENARIO("a value is found by its path") {
  const auto root = tree("a = {b = {c = 7}}");
  const auto* found = find_setting(root, {"a", "b", "c"});
  REQUIRE(found != nullptr);
  CHECK_EQ(std::get<std::int64_t>(found->value), 7);
  CHECK(find_setting(root, {"a", "x"}) == nullptr);
  CHECK(find_setting(root, {"a", "b", "c", "d"}) == nullptr);
}

SCENARIO("a value keeps the place it was read from, also after a merge") {
  const auto result = merged(tree("a = 1"), tree("\n\n  bb = 'x'"));
  const auto* found = find_setting(result, {"bb"});
  REQUIRE(found != nullptr);
  CHECK_EQ(error_at(found->where, "no").message,
           "/h/config.toml:3:8: no\n  |\n3 |   bb = 'x'\n  |        ^");
}

SCENARIO("errors of the command line have no place, those of a whole file no line") {
  const auto line = std::make_shared<const settings_source>();
  CHECK_EQ(error_at({line, 0, 0}, "no").message, "no");
  const auto file = std::make_shared<const settings_source>(settings_source{"/f", "/", ""});
  CHECK_EQ(error_at({file, 0, 0}, "no").message, "/f: no");
  CHECK_EQ(error_at({}, "no").message, "no");
}

SCENARIO("the line of an error cannot drive a terminal and stays short") {
  const std::string text = "a = \x1b[31m\t" + std::string(1000, 'x');
  const auto file = std::make_shared<const settings_source>(settings_source{"/f", "/", text});
  const auto message = error_at({file, 1, 900}, "no").message;
  CHECK(message.find('\x1b') == std::string::npos);
  CHECK(message.find('\t') == std::string::npos);
  CHECK_LT(message.size(), 500U);
}
