#define CAF_SUITE patch_update
#include <caf/test/bdd_dsl.hpp>

#include "actors/tool_runner/line_search.hpp"
#include "actors/tool_runner/patch_update.hpp"

#include <fmt/format.h>

#include <string>
#include <vector>

using namespace troupe::tool_runner;

namespace {

update_file an_update(std::string_view chunks) {
  auto result =
    parse_patch(fmt::format("*** Begin Patch\n*** Update File: f\n{}*** End Patch", chunks));
  if (auto* error = std::get_if<patch_syntax_error>(&result))
    CAF_FAIL("not a patch: " << to_string(*error));
  return std::get<update_file>(std::get<patch>(result).hunks.at(0));
}

std::string updated(std::string_view old_text, std::string_view chunks) {
  auto result = updated_text(old_text, an_update(chunks), "f");
  if (auto* mismatch = std::get_if<update_mismatch>(&result))
    return "mismatch: " + mismatch->message;
  return std::get<std::string>(result);
}

std::optional<std::size_t> found(std::vector<std::string_view> lines,
                                 std::vector<std::string> pattern, std::size_t from,
                                 search_place place = search_place::anywhere) {
  return line_search{lines}.find(pattern, from, place);
}

} // namespace

SCENARIO("the first match of the strictest level wins") {
  CHECK_EQ(found({"a ", "a"}, {"a"}, 0), 1u);
  CHECK_EQ(found({" a", "a "}, {"a"}, 0), 1u);
  CHECK_EQ(found({"x", "  a\t"}, {"a"}, 0), 1u);
  CHECK_EQ(found({"a", "a"}, {"a"}, 0), 0u);
  CHECK_EQ(found({"a", "a"}, {"a"}, 1), 1u);
  CHECK_EQ(found({"a", "b"}, {"a"}, 1), std::nullopt);
  CHECK_EQ(found({"say \xE2\x80\x9Chi\xE2\x80\x9D", "b"}, {"say \"hi\""}, 0), 0u);
}

SCENARIO("typographic characters match plain ones") {
  CHECK_EQ(without_typography(" \xE2\x80\x90\xE2\x80\x95\xE2\x88\x92 "), "---");
  CHECK_EQ(without_typography("\xE2\x80\x98\xE2\x80\x9B"), "''");
  CHECK_EQ(without_typography("\xE2\x80\x9C\xE2\x80\x9F"), "\"\"");
  CHECK_EQ(
    without_typography("a\xC2\xA0\xE2\x80\x82\xE2\x80\x8A\xE2\x80\xAF\xE2\x81\x9F\xE3\x80\x80"
                       "b"),
    "a      b");
  CHECK_EQ(without_typography("gr\xC3\xBC\xC3\x9F \xFF"), "gr\xC3\xBC\xC3\x9F \xFF");
}

SCENARIO("at the end of a file only the last possible place counts") {
  const std::vector<std::string_view> lines{"a", "b", "a", "b"};
  CHECK_EQ(found(lines, {"a", "b"}, 0, search_place::end_of_file), 2u);
  CHECK_EQ(found(lines, {"b", "a"}, 0, search_place::end_of_file), std::nullopt);
  CHECK_EQ(found(lines, {"b"}, 4, search_place::end_of_file), std::nullopt);
  CHECK_EQ(found({"a"}, {"a", "b"}, 0), std::nullopt);
  CHECK_EQ(found({"a"}, {}, 1), 1u);
}

SCENARIO("old lines are replaced by new ones") {
  CHECK_EQ(updated("a\nb\nc\n", "@@\n a\n-b\n+B\n c\n"), "a\nB\nc\n");
  CHECK_EQ(updated("a\nb\nc\n", "@@\n-a\n@@\n-c\n"), "b\n");
  CHECK_EQ(updated("a\nb\nc\n", "@@\n a\n+x\n+y\n"), "a\nx\ny\nb\nc\n");
  CHECK_EQ(updated("a\n", "@@\n-a\n"), "");
}

SCENARIO("chunks are found one behind the other") {
  CHECK_EQ(updated("x\nx\nx\n", "@@\n-x\n+1\n@@\n-x\n+2\n"), "1\n2\nx\n");
  CHECK_EQ(updated("a\nb\n", "@@\n-b\n+B\n@@\n-a\n+A\n"),
           "mismatch: Failed to find expected lines in f:\na");
}

SCENARIO("a context line says where to search") {
  const auto text = "def f():\n  return 1\ndef g():\n  return 1\n";
  CHECK_EQ(updated(text, "@@ def g():\n-  return 1\n+  return 2\n"),
           "def f():\n  return 1\ndef g():\n  return 2\n");
  CHECK_EQ(updated(text, "@@ def h():\n-  return 1\n"),
           "mismatch: Failed to find context 'def h():' in f");
  CHECK_EQ(updated(text, "@@ def g():\n-def f():\n"),
           "mismatch: Failed to find expected lines in f:\ndef f():");
}

SCENARIO("a chunk without old lines goes to the end of the file") {
  CHECK_EQ(updated("a\nb\n", "@@\n+c\n"), "a\nb\nc\n");
  CHECK_EQ(updated("a\nb\n", "@@ a\n+c\n"), "a\nb\nc\n");
  CHECK_EQ(updated("a\nb", "@@\n+c\n"), "a\nb\nc\n");
  CHECK_EQ(updated("", "@@\n+c\n"), "c\n");
  CHECK_EQ(updated("a\n\n", "@@\n+c\n"), "a\nc\n\n");
  CHECK_EQ(updated("a\n", "@@\n+c\n@@\n+d\n"), "a\nc\nd\n");
  CHECK_EQ(updated("a\n\n", "@@\n+c\n@@\n-a\n-\n+A\n"), "A\nc\n");
}

SCENARIO("an empty line that the file does not have at its end is forgiven") {
  CHECK_EQ(updated("a\nb\n", "@@\n-b\n+B\n \n"), "a\nB\n");
  CHECK_EQ(updated("a\nb\n", "@@\n-b\n-\n+B\n"), "a\nB\n");
  CHECK_EQ(updated("a\nb\n", "@@\n-b\n-\n+B\n*** End of File\n"), "a\nB\n");
  CHECK_EQ(updated("b\n\nb\n", "@@\n-b\n-\n+B\n"), "B\nb\n");
}

SCENARIO("the result ends with a newline and keeps blank lines and carriage returns") {
  CHECK_EQ(updated("a\nb", "@@\n-a\n+A\n"), "A\nb\n");
  CHECK_EQ(updated("a\nb\n\n\n", "@@\n-a\n+A\n"), "A\nb\n\n\n");
  CHECK_EQ(updated("a\r\nb\r\n", "@@\n-a\n+A\n"), "A\nb\r\n");
}

SCENARIO("an end-of-file chunk matches only at the end") {
  CHECK_EQ(updated("a\nb\na\n", "@@\n-a\n+A\n*** End of File\n"), "a\nb\nA\n");
  CHECK_EQ(updated("a\nb\n", "@@\n-a\n+A\n*** End of File\n"),
           "mismatch: Failed to find expected lines in f:\na");
  GIVEN("a context line that is itself the end") {
    CHECK_EQ(updated("a\nend\n", "@@ end\n end\n+more\n*** End of File\n"), "a\nend\nmore\n");
  }
  GIVEN("an end that an earlier chunk has replaced") {
    CHECK_EQ(updated("a\nb\n", "@@\n-a\n-b\n+B\n@@\n-b\n*** End of File\n"),
             "mismatch: Failed to find expected lines in f:\nb");
  }
}

SCENARIO("blanks and typography in the patch need not be right") {
  CHECK_EQ(updated("  if x:  \n", "@@\n-if x:\n+if y:\n"), "if y:\n");
  CHECK_EQ(updated("a \xE2\x80\x94 b\n", "@@\n-a - b\n+c\n"), "c\n");
}

SCENARIO("a search that costs too much ends without a result") {
  const std::vector<std::string_view> lines(1'000, "x");
  line_search search{lines, 20'000};
  const std::vector<std::string> absent{"x", "y"};
  const std::vector<std::string> present{"x"};
  int searches = 0;
  while (search.find(present, 0, search_place::anywhere) && searches < 100) {
    ++searches;
    CHECK_EQ(search.find(absent, 0, search_place::anywhere), std::nullopt);
  }
  CHECK(searches > 1);
  CHECK(searches < 100);
}
