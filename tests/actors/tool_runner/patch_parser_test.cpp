#define CAF_SUITE patch_parser
#include <caf/test/bdd_dsl.hpp>

#include "actors/tool_runner/patch_parser.hpp"

#include <fmt/format.h>

#include <string>
#include <vector>

using namespace troupe::tool_runner;

namespace {

std::string framed(std::string_view body) {
  return fmt::format("*** Begin Patch\n{}*** End Patch\n", body);
}

patch parsed(std::string_view text) {
  auto result = parse_patch(text);
  if (auto* error = std::get_if<patch_syntax_error>(&result))
    CAF_FAIL("not a patch: " << to_string(*error));
  return std::get<patch>(std::move(result));
}

std::string error_of(std::string_view text) {
  const auto result = parse_patch(text);
  const auto* error = std::get_if<patch_syntax_error>(&result);
  return error ? to_string(*error) : "no error";
}

patch_chunk a_chunk(std::vector<std::string> old_lines, std::vector<std::string> new_lines) {
  return {.context = {}, .old_lines = std::move(old_lines), .new_lines = std::move(new_lines)};
}

} // namespace

SCENARIO("a patch may add, delete, update and move files") {
  const auto result = parsed(framed("*** Add File: dir/new.txt\n+one\n+\n+two\n"
                                    "*** Delete File: old.txt\n"
                                    "*** Update File: a.txt\n*** Move to: b.txt\n"
                                    "@@ class x\n keep\n-out\n+in\n"));
  auto chunk = a_chunk({"keep", "out"}, {"keep", "in"});
  chunk.context = "class x";
  const patch expected{{add_file{"dir/new.txt", "one\n\ntwo\n"}, delete_file{"old.txt"},
                        update_file{"a.txt", "b.txt", {chunk}}}};
  CHECK(result == expected);
}

SCENARIO("an update has as many chunks as it has context markers") {
  const auto result = parsed(framed("*** Update File: a\n@@\n-1\n+2\n@@ f()\n 3\n\n-4\n@@\n+5\n"
                                    "*** End of File\n"));
  auto second = a_chunk({"3", "", "4"}, {"3", ""});
  second.context = "f()";
  auto third = a_chunk({}, {"5"});
  third.at_end_of_file = true;
  const patch expected{{update_file{"a", {}, {a_chunk({"1"}, {"2"}), second, third}}}};
  CHECK(result == expected);
}

SCENARIO("parsing is more lenient than the grammar") {
  const patch update{{update_file{"a", {}, {a_chunk({"x"}, {"y"})}}}};
  GIVEN("a first chunk without a context marker") {
    CHECK(parsed(framed("*** Update File: a\n-x\n+y\n")) == update);
  }
  GIVEN("white space around the markers and headers") {
    CHECK(parsed("\n  *** Begin Patch  \n  *** Update File: a  \n@@\n-x\n+y\n *** End Patch\n\n") ==
          update);
  }
  GIVEN("blank lines before a chunk") {
    CHECK(parsed(framed("*** Update File: a\n\n  \n@@\n-x\n+y\n")) == update);
  }
  GIVEN("CR LF line ends") {
    CHECK(parsed("*** Begin Patch\r\n*** Update File: a\r\n@@\r\n-x\r\n+y\r\n*** End Patch\r\n") ==
          update);
  }
  GIVEN("no LF at the end") {
    CHECK(parsed("*** Begin Patch\n*** Update File: a\n@@\n-x\n+y\n*** End Patch") == update);
  }
  GIVEN("an added file without lines") {
    const patch empty_file{{add_file{"a", ""}}};
    CHECK(parsed(framed("*** Add File: a\n")) == empty_file);
  }
  GIVEN("no hunk at all") {
    CHECK(parsed(framed("")) == patch{});
  }
}

SCENARIO("the frame of a here-document is dropped") {
  const auto inner = framed("*** Delete File: a\n");
  const patch expected{{delete_file{"a"}}};
  CHECK(parsed("<<EOF\n" + inner + "EOF\n") == expected);
  CHECK(parsed("<<'EOF'\n" + inner + "EOF") == expected);
  CHECK(parsed("<<\"EOF\"\n" + inner + "EOF") == expected);
  const auto first_line = "invalid patch: The first line of the patch must be '*** Begin Patch'";
  CHECK_EQ(error_of("<<'END'\n" + inner + "END"), first_line);
  CHECK_EQ(error_of("<<\"EOF'\n" + inner + "EOF"), first_line);
  CHECK_EQ(error_of("<<EOF\n" + inner), first_line);
  CHECK_EQ(error_of("<<EOF\n*** Begin Patch\n*** Delete File: a\nEOF"),
           "invalid patch: The last line of the patch must be '*** End Patch'");
}

SCENARIO("a wrong frame is reported") {
  const auto first_line = "invalid patch: The first line of the patch must be '*** Begin Patch'";
  const auto last_line = "invalid patch: The last line of the patch must be '*** End Patch'";
  CHECK_EQ(error_of(""), first_line);
  CHECK_EQ(error_of("bad"), first_line);
  CHECK_EQ(error_of("Here is the patch:\n" + framed("*** Delete File: a\n")), first_line);
  CHECK_EQ(error_of("*** Begin Patch"), last_line);
  CHECK_EQ(error_of("*** Begin Patch\n*** Delete File: a\n"), last_line);
  CHECK_EQ(error_of(framed("") + "thanks"), last_line);
}

SCENARIO("an error in a hunk names its line") {
  struct row {
    std::string body;
    std::string message;
  };
  const std::vector<row> table{
    {"*** Update File: a\n", "invalid hunk at line 2, Update file hunk for path 'a' is empty"},
    {"*** Delete File: x\n*** Update File: a\n*** Delete File: b\n",
     "invalid hunk at line 3, Update file hunk for path 'a' is empty"},
    {"*** Update File: a\n@@\n", "invalid hunk at line 4, Update hunk does not contain any lines"},
    {"*** Update File: a\n@@ f\n*** End of File\n",
     "invalid hunk at line 4, Update hunk does not contain any lines"},
    {"*** Update File: a\n@@\n-x\nrubbish\n",
     "invalid hunk at line 5, Expected update hunk to start with a @@ context marker, got: "
     "'rubbish'"},
    {"*** Update File: a\n@@\n-x\n@@f\n",
     "invalid hunk at line 5, Expected update hunk to start with a @@ context marker, got: '@@f'"},
  };
  for (const auto& x : table)
    CHECK_EQ(error_of(framed(x.body)), x.message);
  CHECK(
    error_of(framed("*** Update File: a\n@@\nrubbish\n"))
      .starts_with("invalid hunk at line 4, Unexpected line found in update hunk: 'rubbish'. "));
  CHECK(error_of(framed("*** Update File: a\n@@ f\n@@ g\n-x\n"))
          .starts_with("invalid hunk at line 4, Unexpected line found in update hunk: '@@ g'. "));
}

SCENARIO("an unknown hunk header is answered with the known ones") {
  for (const std::string header :
       {"*** Frobnicate File: a", "", "rubbish", "*** Add File:", "+x", "*** End of File"}) {
    const auto message = error_of(framed(header + "\n*** Delete File: a\n"));
    CHECK(message.starts_with("invalid hunk at line 2, "));
    for (const auto* known : {"*** Add File: ", "*** Delete File: ", "*** Update File: "})
      CHECK(message.find(known) != std::string::npos);
  }
}

SCENARIO("a blank line between hunks is an unknown header, except behind an update") {
  CHECK(error_of(framed("*** Add File: a\n+x\n\n*** Delete File: b\n"))
          .starts_with("invalid hunk at line 4, "));
  CHECK(parsed(framed("*** Update File: a\n@@\n-x\n\n*** Delete File: b\n")).hunks.size() == 2);
}
