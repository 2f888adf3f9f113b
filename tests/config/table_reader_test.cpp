#define CAF_SUITE table_reader

#include "config/table_reader.hpp"

#include "config/toml_reader.hpp"
#include "messages/settings.hpp"

#include <caf/test/bdd_dsl.hpp>

using namespace troupe::config;

namespace {

setting_table tree(std::string text) {
  const auto source = std::make_shared<const settings_source>(
    settings_source{"/h/config.toml", "/h", std::move(text)});
  return std::get<setting_table>(parse_toml(source));
}

template <class Read>
std::string error_of(std::string text, Read read) {
  const auto root = tree(std::move(text));
  const table_reader reader{root};
  read(reader);
  return reader.error() ? reader.error()->message.substr(0, reader.error()->message.find('\n'))
                        : "none";
}

} // namespace

SCENARIO("values of the right type are read, absent ones are none") {
  const auto root = tree("s = 'x'\nb = true\ni = -3\nc = 5\nl = ['p', 'q']\n[m]\nk = 'v'\n");
  const table_reader reader{root};
  CHECK_EQ(reader.text("s").value_or(""), "x");
  CHECK(reader.boolean("b") == true);
  CHECK(reader.integer("i") == -3);
  CHECK(reader.count("c") == 5U);
  CHECK_EQ(reader.texts("l").value_or(std::vector<std::string>{}).size(), 2U);
  CHECK_EQ(reader.text_map("m").value()["k"], "v");
  CHECK(!reader.text("absent"));
  CHECK(!reader.table("absent").text("absent"));
  CHECK(!reader.error());
}

SCENARIO("a wrong type is an error with its place and its key") {
  CHECK_EQ(error_of("a = 1", [](auto& r) { r.text("a"); }),
           "/h/config.toml:1:5: `a` must be a string, but is an integer");
  CHECK_EQ(error_of("[t.u]\na = 'x'", [](auto& r) { r.table("t").table("u").boolean("a"); }),
           "/h/config.toml:2:5: `t.u.a` must be a boolean, but is a string");
  CHECK_EQ(error_of("a = [\n'x',\n1]", [](auto& r) { r.texts("a"); }),
           "/h/config.toml:3:1: `a` must be an array of strings, but is an integer");
  CHECK_EQ(error_of("m = {k = 1}", [](auto& r) { r.text_map("m"); }),
           "/h/config.toml:1:10: `m.k` must be a string, but is an integer");
  CHECK_EQ(error_of("t = 1", [](auto& r) { r.table("t"); }),
           "/h/config.toml:1:5: `t` must be a table, but is an integer");
  CHECK_EQ(error_of("i = 1.5", [](auto& r) { r.integer("i"); }),
           "/h/config.toml:1:5: `i` must be an integer, but is a float");
  CHECK_EQ(error_of("c = -1", [](auto& r) { r.count("c"); }),
           "/h/config.toml:1:5: `c` must not be negative");
}

SCENARIO("a word outside an enumeration is refused with the words it knows") {
  CHECK_EQ(error_of("v = 'loud'", [](auto& r) { r.template choice<troupe::verbosity>("v"); }),
           "/h/config.toml:1:5: unknown value of `v`; known are `low`, `medium`, `high`");
}

SCENARIO("only the first error counts") {
  CHECK_EQ(error_of("a = 1\nb = 1",
                    [](auto& r) {
                      r.text("b");
                      r.text("a");
                    }),
           "/h/config.toml:2:5: `b` must be a string, but is an integer");
}

SCENARIO("paths resolve against the directory of their file, and ~ is the user's home") {
  const auto root = tree("a = 'x/../y'\nb = '/abs'\nc = '~/z'\nd = '~'\nl = ['k']");
  const table_reader reader{root, "/users/me"};
  CHECK_EQ(reader.path("a")->string(), "/h/y");
  CHECK_EQ(reader.path("b")->string(), "/abs");
  CHECK_EQ(reader.path("c")->string(), "/users/me/z");
  CHECK_EQ(reader.path("d")->string(), "/users/me/");
  CHECK_EQ(reader.paths("l")->front().string(), "/h/k");
}
