#define CAF_SUITE sim_json_text
#include <caf/test/bdd_dsl.hpp>

#include "apps/sim/json_text.hpp"
#include "apps/sim/utf8.hpp"

#include <string>
#include <utility>
#include <vector>

using namespace troupe::sim;
using namespace std::string_literals;

namespace {

std::string valid(std::string_view text) {
  std::string result;
  append_valid_utf8(result, text);
  return result;
}

// The members as "key=value", elements as "value"; at the end "whole" or "broken".
std::vector<std::string> walked(std::string_view raw) {
  std::vector<std::string> result;
  json_walk walk{raw};
  while (walk.next())
    result.push_back(walk.key().empty()
                       ? std::string{walk.value()}
                       : std::string{walk.key()} + "=" + std::string{walk.value()});
  result.emplace_back(walk.is_whole() ? "whole" : "broken");
  return result;
}

using strings = std::vector<std::string>;

} // namespace

SCENARIO("text is escaped for the inside of a JSON string") {
  CHECK_EQ(escaped_json("plain é"), "plain é");
  CHECK_EQ(escaped_json("a\"b\\c\n"), R"(a\"b\\c\n)");
  CHECK_EQ(escaped_json(""), "");
}

SCENARIO("strings are read with all their escapes") {
  const std::vector<std::pair<std::string, std::string>> cases = {
    {R"("plain")", "plain"},
    {R"("a\"\\\/\b\f\n\r\t")", "a\"\\/\b\f\n\r\t"},
    {R"("\u0041\u00e9\u20AC")", "Aé€"},
    {R"("\ud83d\ude00")", "😀"},
    {R"("\ud83d")", "\xEF\xBF\xBD"},
    {R"("\ude00x")", "\xEF\xBF\xBDx"},
    {R"("\ud83dA")", "\xEF\xBF\xBD"
                     "A"},
    {R"("\u12")", "\xEF\xBF\xBD"
                  "12"},
    {"\"\xff\"", "\xEF\xBF\xBD"},
    {"42", ""},
    {"\"", ""},
    {"", ""},
  };
  for (const auto& [raw, expected] : cases)
    CHECK_EQ(unescaped_json(raw, 100), expected);
}

SCENARIO("a long string is cut between code points") {
  CHECK_EQ(unescaped_json(R"("abcdef")", 3), "abc");
  CHECK_EQ(unescaped_json(R"("aé€")", 2), "a");
  CHECK_EQ(unescaped_json(R"("\u0041\u0042\u0043")", 2), "AB");
  CHECK_EQ(utf8_prefix("é", 1), "");
  CHECK_EQ(utf8_prefix("é", 2), "é");
}

SCENARIO("bytes that are no UTF-8 are replaced one by one") {
  const auto bad = "\xEF\xBF\xBD"s;
  CHECK_EQ(valid("ok é € 😀"), "ok é € 😀");
  CHECK_EQ(valid("a\xff"
                 "b"),
           "a" + bad + "b");
  CHECK_EQ(valid("\xc0\x80"), bad + bad);           // overlong
  CHECK_EQ(valid("\xed\xa0\x80"), bad + bad + bad); // a surrogate
  CHECK_EQ(valid("\xf4\x90\x80\x80"), bad + bad + bad + bad);
  CHECK_EQ(valid("\xe2\x82"), bad + bad); // cut off
  CHECK_EQ(valid("longer than eight bytes \xff and on"),
           "longer than eight bytes " + bad + " and on");
}

SCENARIO("objects and arrays are walked without looking into their values") {
  CHECK_EQ(walked(R"({"a":1,"b":{"c":[1,2]},"d":"x"})"),
           (strings{"a=1", R"(b={"c":[1,2]})", R"(d="x")", "whole"}));
  CHECK_EQ(walked(" { \"a\" : [ ] , \"b\" : true } "), (strings{"a=[ ]", "b=true", "whole"}));
  CHECK_EQ(walked(R"(["}]","\"","\\",null])"),
           (strings{R"("}]")", R"("\"")", R"("\\")", "null", "whole"}));
  CHECK_EQ(walked("{}"), strings{"whole"});
  CHECK_EQ(walked("[]"), strings{"whole"});
}

SCENARIO("what is no JSON ends the walk") {
  for (const auto* text : {"", "x", "42", "{", "[", "{\"a\"}", "{\"a\":}", "{\"a\":1", "{\"a\":1,}",
                           "[1,]", "[1 2]", "[,1]", "{a:1}", "[\"x]", "[[1]", "[}"})
    CHECK_EQ(walked(text).back(), "broken");
}

SCENARIO("a member is found at the top only") {
  CHECK_EQ(json_member(R"({"x":{"a":1},"a":2})", "a"), "2");
  CHECK_EQ(json_member(R"({"x":{"a":1}})", "a"), std::nullopt);
  CHECK_EQ(json_member(R"([1])", "a"), std::nullopt);
  CHECK_EQ(json_member("", "a"), std::nullopt);
}
