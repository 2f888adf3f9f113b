#define CAF_SUITE json_scan
#include <caf/test/bdd_dsl.hpp>

#include "actors/model_client/json_scan.hpp"

#include <string>
#include <string_view>
#include <vector>

using namespace troupe::model_client;

namespace {

struct scanned {
  std::vector<json_member> members;
  bool complete = false;
};

scanned scan_all(std::string_view text) {
  scanned result;
  json_scan scan{text};
  while (const auto member = scan.next())
    result.members.push_back(*member);
  result.complete = scan.is_complete();
  return result;
}

bool is_well_formed(std::string_view text) {
  return scan_all(text).complete;
}

json_slice value_of(std::string_view text) {
  const auto result = scan_all(text);
  return result.members.empty() ? json_slice{} : result.members.front().value;
}

std::string nested(std::size_t depth) {
  return std::string(depth, '[') + std::string(depth, ']');
}

} // namespace

SCENARIO("an object is walked over member by member") {
  const auto x = scan_all(R"( { "a" : "x\"y" , "b":[1,{"c":2}],"d":-1.5e+3,"e":true, "f":null } )");
  CHECK(x.complete);
  REQUIRE_EQ(x.members.size(), 5u);
  CHECK_EQ(x.members[0].name, "a");
  CHECK_EQ(x.members[0].value.text, R"("x\"y")");
  CHECK(x.members[0].value.kind == json_kind::string);
  CHECK_EQ(x.members[1].value.text, R"([1,{"c":2}])");
  CHECK(x.members[1].value.kind == json_kind::array);
  CHECK_EQ(x.members[2].value.text, "-1.5e+3");
  CHECK(x.members[2].value.kind == json_kind::number);
  CHECK(x.members[3].value.kind == json_kind::boolean);
  CHECK(x.members[4].value.kind == json_kind::null);
}

SCENARIO("an array is walked over element by element") {
  const auto x = scan_all(R"([{"a":1},"b",[]])");
  CHECK(x.complete);
  REQUIRE_EQ(x.members.size(), 3u);
  CHECK_EQ(x.members[0].name, "");
  CHECK_EQ(x.members[0].value.text, R"({"a":1})");
  CHECK(x.members[0].value.kind == json_kind::object);
}

SCENARIO("what is no JSON is found out") {
  for (const std::string_view good :
       {"{}", "[]", " [ ] ", R"({"a":{}})", "[0,-0,0.5,1E2,10]", R"(["\u00e9\/\b"])"}) {
    CHECK(is_well_formed(good));
  }
  for (const std::string_view bad : {"",
                                     " ",
                                     "1",
                                     "\"a\"",
                                     "null",
                                     "[DONE]",
                                     "{",
                                     "[",
                                     "{}x",
                                     "[] []",
                                     "[,]",
                                     "[1,]",
                                     "[1 2]",
                                     "{\"a\"}",
                                     "{\"a\":}",
                                     "{\"a\":1,}",
                                     "{,}",
                                     "{a:1}",
                                     "{1:2}",
                                     "{\"a\":1 \"b\":2}",
                                     "[01]",
                                     "[1.]",
                                     "[.5]",
                                     "[+1]",
                                     "[-]",
                                     "[1e]",
                                     "[1e+]",
                                     "[tru]",
                                     "[True]",
                                     "[nul]",
                                     "[\"a]",
                                     "[\"\\x\"]",
                                     "[\"\\u12g4\"]",
                                     "[\"\\u12\"]",
                                     "[\"\\",
                                     "[\"a\nb\"]",
                                     "[}",
                                     "{]",
                                     "[[1}]"}) {
    CHECK(!is_well_formed(bad));
  }
  const std::string_view with_zero_escape{"[\"\\\0\"]", 6};
  CHECK(!is_well_formed(with_zero_escape));
}

SCENARIO("members before an error are seen, and the error is known at the end") {
  const auto x = scan_all(R"({"a":1,"b":tru})");
  CHECK_EQ(x.members.size(), 1u);
  CHECK(!x.complete);
}

SCENARIO("nesting has a limit") {
  CHECK(is_well_formed(nested(json_scan::max_depth)));
  CHECK(!is_well_formed(nested(json_scan::max_depth + 1)));
  CHECK(!is_well_formed(nested(1'000'000)));
}

SCENARIO("strings are read with their escapes") {
  CHECK_EQ(json_text(value_of(R"(["plain"])")), "plain");
  CHECK_EQ(json_text(value_of(R"([""])")), "");
  CHECK_EQ(json_text(value_of(R"(["\"\\\/\b\f\n\r\tx"])")), "\"\\/\b\f\n\r\tx");
  CHECK_EQ(json_text(value_of(R"(["\u0041\u00e9\u20AC\ud83d\ude00."])")),
           "A\u00e9\u20ac\U0001F600.");
  CHECK_EQ(json_text(value_of("[\"\u00e9\u20ac\"]")), "\u00e9\u20ac");
  for (const std::string_view half : {R"(["\ud83d"])", R"(["\ud83dx"])", R"(["\ud83d\n12345"])",
                                      R"(["\ud83d\u0041"])", R"(["\ude00"])"}) {
    CHECK(is_well_formed(half));
    CHECK(!json_text(value_of(half)));
  }
  CHECK(!json_text(value_of("[1]")));
  CHECK(!json_text(value_of("[null]")));
}

SCENARIO("integers are those written as integers") {
  CHECK_EQ(json_integer(value_of("[0]")), 0);
  CHECK_EQ(json_integer(value_of("[-9223372036854775808]")), INT64_MIN);
  CHECK_EQ(json_integer(value_of("[9223372036854775807]")), INT64_MAX);
  for (const std::string_view other :
       {"[42.0]", "[4e2]", "[9223372036854775808]", "[\"1\"]", "[null]", "[true]"}) {
    CHECK(!json_integer(value_of(other)));
  }
}
