#define CAF_SUITE json_writer
#include <caf/test/bdd_dsl.hpp>

#include "messages/json/document.hpp"
#include "messages/json/item_json.hpp"
#include "messages/json/writer.hpp"

#include <cmath>
#include <limits>

using namespace troupe;
using namespace std::string_literals;

namespace {

std::string real(double x) {
  std::string out;
  json_writer{out}.real(x);
  return out;
}

/// What a parser reads out of a written string.
std::string read_back(std::string_view text) {
  const json_document document{json_quoted(text)};
  if (!document.root() || !document.root()->is_string())
    CAF_FAIL("not a JSON string: " << json_quoted(text));
  return std::string{document.root()->get_string()};
}

} // namespace

SCENARIO("commas stand between members and elements only") {
  std::string out;
  json_writer json{out};
  json.begin_object().member("a", "x").key("b").begin_array().end_array();
  json.key("c")
    .begin_array()
    .number(std::int64_t{1})
    .begin_object()
    .end_object()
    .null()
    .end_array();
  json.key("d").begin_object().member("e", -5).end_object().key("f").boolean(true);
  json.key("g").raw("[1]").key("h").boolean(false).end_object();
  CHECK_EQ(out, R"({"a":"x","b":[],"c":[1,{},null],"d":{"e":-5},"f":true,"g":[1],"h":false})");
}

SCENARIO("a writer appends") {
  std::string out = "data: ";
  json_writer{out}.begin_object().end_object();
  CHECK_EQ(out, "data: {}");
}

SCENARIO("strings are escaped where JSON asks for it and nowhere else") {
  CHECK_EQ(json_quoted(""), R"("")");
  CHECK_EQ(json_quoted("plain /text's"), R"("plain /text's")");
  CHECK_EQ(json_quoted("\"\\\b\f\n\r\t"), R"("\"\\\b\f\n\r\t")");
  CHECK_EQ(json_quoted("a\x01z\x1F\x7F"), "\"a\\u0001z\\u001f\x7F\"");
  CHECK_EQ(json_quoted("nul\0l"s), R"("nul\u0000l")");
  CHECK_EQ(json_quoted("gr\u00FC\u00DF \u20AC \U0001F600"), "\"gr\u00FC\u00DF \u20AC \U0001F600\"");
}

SCENARIO("every byte that is no part of a character becomes a replacement character") {
  struct row {
    std::string in;
    std::string out;
  };
  const std::string bad = "\uFFFD";
  for (const auto& [in, out] :
       {row{"\x80", bad}, row{"a\xFFz", "a" + bad + "z"}, row{"\xC3", bad}, // cut off
        row{"\xC3\"", bad + "\""},                                          // the quote survives
        row{"\xC0\xAF", bad + bad},                                         // overlong
        row{"\xE0\x80\xAF", bad + bad + bad},                               // overlong
        row{"\xED\xA0\x80", bad + bad + bad},                               // surrogate
        row{"\xF4\x90\x80\x80", bad + bad + bad + bad},                     // too large
        row{"\xF0\x9F\x98", bad + bad + bad},                               // cut off
        row{"\xE2\x82\xAC", "\u20AC"}, row{"\xF4\x8F\xBF\xBF", "\U0010FFFF"},
        row{"\xEF\xBF\xBF", "\uFFFF"}, row{"\xED\x9F\xBF", "\uD7FF"}})
    CHECK_EQ(read_back(in), out);
}

SCENARIO("all pairs of bytes give strings that a strict parser reads") {
  for (int a = 0; a < 256; ++a)
    for (int b = 0; b < 256; ++b) {
      const std::string text{static_cast<char>(a), static_cast<char>(b)};
      const auto back = read_back(text);
      if (a < 0x80 && b < 0x80 && back != text)
        CAF_FAIL("bytes " << a << ", " << b << " change");
    }
  CHECK(true);
}

SCENARIO("a byte is escaped wherever it stands in a long text, and so is its neighbour") {
  const std::string plain = "twenty plain letters";
  for (std::size_t place = 0; place + 1 < plain.size(); ++place)
    for (int a = 0; a < 0x80; ++a)
      for (const char b : "\x1F !\"#[\\]\x7F"s) {
        auto text = plain;
        text[place] = static_cast<char>(a);
        text[place + 1] = b;
        if (read_back(text) != text)
          CAF_FAIL("bytes " << a << ", " << int{b} << " change at " << place);
      }
  CHECK_EQ(json_quoted(plain), '"' + plain + '"');
}

SCENARIO("reals have a point or an exponent and lose nothing") {
  CHECK_EQ(real(12), "12.0");
  CHECK_EQ(real(0), "0.0");
  CHECK_EQ(real(-0.5), "-0.5");
  CHECK_EQ(real(0.1), "0.1");
  CHECK_EQ(real(1e300), "1e+300");
  CHECK_EQ(real(std::numeric_limits<double>::infinity()), "null");
  CHECK_EQ(real(std::nan("")), "null");
}

SCENARIO("integers keep all 64 bits") {
  std::string out;
  json_writer json{out};
  json.begin_array();
  json.number(std::numeric_limits<std::int64_t>::min());
  json.number(std::numeric_limits<std::uint64_t>::max()).end_array();
  CHECK_EQ(out, "[-9223372036854775808,18446744073709551615]");
}

SCENARIO("a tree is written as it was read") {
  for (const std::string json : {"null", "true", "[]", "{}", "-1", "18446744073709551615", "12.5",
                                 R"("a\nb")", R"({"z":[1,[2,{"a":null}],false],"a":{"b":"c"}})"}) {
    const json_document document{json};
    REQUIRE(document.root() != nullptr);
    std::string out;
    append_json(out, *document.root());
    CHECK_EQ(out, json);
  }
}

SCENARIO("a document is one valid value, not too deep") {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  CHECK(json_document{nested(max_json_depth)}.root() != nullptr);
  CHECK(json_document{nested(max_json_depth + 1)}.root() == nullptr);
  for (const std::string text : {"", "{", "{}x", "{\"a\":1,}", "'a'", "\"\xFF\"", "nul", "[1,]"})
    if (json_document{text}.root())
      CAF_FAIL("accepted " << text);
}
