#define CAF_SUITE line_mending
#include <caf/test/bdd_dsl.hpp>

#include "actors/rollout_recorder/line_mending.hpp"

#include "actors/rollout_recorder/json_probe.hpp"

#include <string>
#include <string_view>

using namespace std::literals;
using namespace troupe::rollout_recorder;

SCENARIO("what is readable is not touched") {
  for (const auto line : {R"({"a":"x"})"sv, R"({"a":"\"\\\u00e9\ud83d\ude00\n"})"sv,
                          "{\"a\":\"\xc3\xa9 \xf0\x9f\x98\x80\"}"sv, " {\t\"a\" : 1 }\r"sv, ""sv})
    CHECK_EQ(mended_line(line), line);
}

SCENARIO("bad bytes, control characters and lone surrogates become U+FFFD, and the line is JSON") {
  const auto mark = "\xEF\xBF\xBD"s;
  json_probe probe;
  const auto check = [&](std::string_view inside, const std::string& expected) {
    const auto mended = mended_line("{\"a\":\"" + std::string{inside} + "\"}");
    CHECK_EQ(mended, "{\"a\":\"" + expected + "\"}");
    CHECK(probe.examine(mended) == json_shape::object);
  };
  check("z\xff"
        "a",
        "z" + mark + "a");
  check("\xe2\x82", mark + mark);
  check("\xed\xa0\x80", mark + mark + mark);
  check("a\0b"sv, "a" + mark + "b");
  check("a\tb", "a" + mark + "b");
  check(R"(\ud800)", R"(\ufffd)");
  check(R"(\udc00\ud800x)", R"(\ufffd\ufffdx)");
  check(R"(\ud800\ud83d\ude00)", R"(\ufffd\ud83d\ude00)");
  check(R"(\\ud800)", R"(\\ud800)");
}

SCENARIO("torn lines stay torn and do no harm") {
  for (const auto line : {"{\"a\":\"\\"sv, "{\"a\":\"\\ud8"sv, "{\"a\":\"\\ud800\\u"sv, "\\"sv})
    CHECK(!mended_line(line).empty());
}
