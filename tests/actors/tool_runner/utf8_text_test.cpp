#define CAF_SUITE utf8_text
#include <caf/test/bdd_dsl.hpp>

#include "actors/tool_runner/utf8_text.hpp"

#include <string>
#include <vector>

using namespace std::string_literals;
namespace tool_runner = troupe::tool_runner;

SCENARIO("well-formed sequences are decoded to their code points") {
  struct row {
    std::string bytes;
    std::uint32_t code_point;
  };
  const std::vector<row> table{
    {"a", 'a'},
    {"\0"s, 0},
    {"\x7F", 0x7F},
    {"\xC2\x80", 0x80},
    {"\xDF\xBF", 0x7FF},
    {"\xE0\xA0\x80", 0x800},
    {"\xED\x9F\xBF", 0xD7FF},
    {"\xEE\x80\x80", 0xE000},
    {"\xEF\xBF\xBF", 0xFFFF},
    {"\xF0\x90\x80\x80", 0x10000},
    {"\xF4\x8F\xBF\xBF", 0x10FFFF},
  };
  for (const auto& x : table) {
    const auto decoded = tool_runner::first_character(x.bytes + "tail");
    CHECK(decoded.valid);
    CHECK_EQ(decoded.code_point, x.code_point);
    CHECK_EQ(decoded.size, x.bytes.size());
    std::string encoded;
    tool_runner::append_utf8(x.code_point, encoded);
    CHECK_EQ(encoded, x.bytes);
  }
}

SCENARIO("overlong forms, surrogates, stray and missing bytes are invalid") {
  const std::vector<std::string> table{
    "\x80",         "\xBF",         "\xC0\x80",         "\xC1\xBF", "\xE0\x9F\xBF",
    "\xED\xA0\x80", "\xED\xBF\xBF", "\xF0\x8F\xBF\xBF", "\xF5\x80", "\xF4\x90\x80\x80",
    "\xFF",         "\xC3",         "\xE2\x82",         "\xF0\x9F", "\xC3(",
  };
  for (const auto& bytes : table) {
    CHECK(!tool_runner::first_character(bytes).valid);
    CHECK_EQ(tool_runner::first_character(bytes).size, 1u);
    CHECK(!tool_runner::is_valid_utf8("ok " + bytes));
  }
  CHECK(tool_runner::is_valid_utf8("gr\xC3\xBC\xC3\x9F \xE2\x82\xAC \xF0\x9F\x98\x80"));
  CHECK(tool_runner::is_valid_utf8(""));
}

SCENARIO("boundaries never lie inside a character") {
  const std::string text = "a\xC3\xBC\xE2\x82\xAC";
  const std::vector<std::size_t> before{0, 1, 1, 3, 3, 3, 6, 6};
  const std::vector<std::size_t> after{0, 1, 3, 3, 6, 6, 6, 6};
  for (std::size_t i = 0; i < before.size(); ++i) {
    CHECK_EQ(tool_runner::boundary_before(text, i), before[i]);
    CHECK_EQ(tool_runner::boundary_after(text, i), after[i]);
  }
  CHECK_EQ(tool_runner::count_characters(text), 3u);
}

SCENARIO("each undecodable byte becomes one replacement character") {
  CHECK_EQ(tool_runner::replace_invalid_utf8("a\xFF\xC3z"), "a\xEF\xBF\xBD\xEF\xBF\xBDz");
  CHECK_EQ(tool_runner::replace_invalid_utf8("\xC3\xBC"), "\xC3\xBC");
}

SCENARIO("trimming knows Unicode white space") {
  CHECK_EQ(tool_runner::trim(" \t\r\n a b \xE3\x80\x80\xC2\xA0"), "a b");
  CHECK_EQ(tool_runner::trim("\xE2\x80\x83"), "");
  CHECK_EQ(tool_runner::trim_end("  a  "), "  a");
  CHECK_EQ(tool_runner::trim(""), "");
  CHECK_EQ(tool_runner::trim("\xFF \x80"), "\xFF \x80");
}
