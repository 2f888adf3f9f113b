#define CAF_SUITE patch_preview
#include <caf/test/bdd_dsl.hpp>

#include "actors/tool_runner/patch_preview.hpp"

#include <fmt/format.h>

#include <map>
#include <string>
#include <vector>

using namespace troupe;
using namespace troupe::tool_runner;

namespace {

class memory_files final : public file_view {
public:
  std::variant<file_snapshot, std::error_code> read(const std::string& path) const override {
    const auto i = texts.find(path);
    if (i == texts.end())
      return std::make_error_code(std::errc::no_such_file_or_directory);
    return file_snapshot{i->second, file_mode::regular};
  }

  std::map<std::string, std::string> texts{
    {"/w/a", "one\ntwo\n"}, {"/w/bin", "\xFF\x01"}, {"/other", "x\n"}};
};

std::variant<file_changes, patch_refusal> preview(std::string_view hunks) {
  auto parsed = parse_patch(fmt::format("*** Begin Patch\n{}*** End Patch", hunks));
  REQUIRE(std::holds_alternative<patch>(parsed));
  return preview_patch(std::get<patch>(parsed), "/w", memory_files{});
}

file_changes changes(std::string_view hunks) {
  auto result = preview(hunks);
  if (auto* refusal = std::get_if<patch_refusal>(&result))
    CAF_FAIL("refused: " << refusal->message);
  return std::get<file_changes>(std::move(result));
}

std::string refusal(std::string_view hunks) {
  const auto result = preview(hunks);
  const auto* x = std::get_if<patch_refusal>(&result);
  return x ? x->message : "accepted";
}

} // namespace

SCENARIO("each hunk becomes a change of an absolute path") {
  const file_changes expected{
    {"/w/new", {change_kind::add, "x\n", ""}},
    {"/other", {change_kind::remove, "x\n", ""}},
    {"/w/a", {change_kind::update, "@@ -1,2 +1,2 @@\n one\n-two\n+2\n", "/w/d/b"}},
  };
  const auto actual = changes("*** Add File: new\n+x\n*** Delete File: ../other\n"
                              "*** Update File: ./a\n*** Move to: d/b\n@@\n-two\n+2\n");
  CHECK(actual == expected);
  const std::vector<std::string> paths{"/other", "/w/a", "/w/d/b", "/w/new"};
  CHECK_EQ(touched_paths(actual), paths);
}

SCENARIO("what cannot be applied is refused with the reason") {
  CHECK_EQ(refusal("*** Update File: none\n@@\n-x\n"),
           "Failed to read file to update /w/none: No such file or directory");
  CHECK_EQ(refusal("*** Update File: bin\n@@\n-x\n"),
           "Failed to read file to update /w/bin: the file is not UTF-8 text");
  CHECK_EQ(refusal("*** Update File: a\n@@\n-three\n"),
           "Failed to find expected lines in /w/a:\nthree");
  CHECK_EQ(refusal("*** Delete File: none\n"), "Failed to read /w/none: No such file or directory");
  CHECK_EQ(refusal("*** Add File: b\n+x\n*** Update File: a\n@@ zero\n-one\n"),
           "Failed to find context 'zero' in /w/a");
}

SCENARIO("a file that is not text can be deleted") {
  const file_changes expected{{"/w/bin", {change_kind::remove, "\xEF\xBF\xBD\x01", ""}}};
  CHECK(changes("*** Delete File: bin\n") == expected);
}

SCENARIO("a hunk sees what the hunks before it do") {
  GIVEN("two updates of one file") {
    const file_changes expected{
      {"/w/a", {change_kind::update, "@@ -1,2 +1,2 @@\n-one\n-two\n+1\n+2\n", ""}}};
    CHECK(changes("*** Update File: a\n@@\n-one\n+1\n*** Update File: a\n@@\n 1\n-two\n+2\n") ==
          expected);
  }
  GIVEN("an update of an added file") {
    const file_changes expected{{"/w/b", {change_kind::add, "y\n", ""}}};
    CHECK(changes("*** Add File: b\n+x\n*** Update File: b\n@@\n-x\n+y\n") == expected);
  }
  GIVEN("an update of a deleted file") {
    CHECK_EQ(refusal("*** Delete File: a\n*** Update File: a\n@@\n-one\n"),
             "Failed to read file to update /w/a: No such file or directory");
  }
  GIVEN("an update of a file that was moved") {
    CHECK_EQ(
      refusal("*** Update File: a\n*** Move to: b\n@@\n-one\n*** Update File: a\n@@\n-two\n"),
      "Failed to read file to update /w/a: No such file or directory");
    CHECK_EQ(changes("*** Update File: a\n*** Move to: b\n@@\n-one\n*** Update File: b\n@@\n-two\n")
               .size(),
             2u);
  }
}

SCENARIO("a patch that reads too much is refused") {
  const auto parsed = std::get<patch>(parse_patch("*** Begin Patch\n*** Update File: a\n@@\n+x\n"
                                                  "*** Update File: a\n@@\n+y\n*** End Patch"));
  constexpr std::size_t both_readings = 8 + 10;
  const memory_files files;
  CHECK(std::holds_alternative<file_changes>(preview_patch(parsed, "/w", files, both_readings)));
  const auto result = preview_patch(parsed, "/w", files, both_readings - 1);
  REQUIRE(std::holds_alternative<patch_refusal>(result));
  CHECK_EQ(std::get<patch_refusal>(result).message,
           "Failed to read file to update /w/a: File too large");
}
