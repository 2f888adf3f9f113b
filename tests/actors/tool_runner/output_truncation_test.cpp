#define CAF_SUITE output_truncation
#include <caf/test/bdd_dsl.hpp>

#include "actors/tool_runner/output_truncation.hpp"
#include "actors/tool_runner/utf8_text.hpp"

#include <string>
#include <vector>

using namespace troupe;
using namespace troupe::tool_runner;

namespace {

truncation_policy bytes(std::int64_t limit) {
  return {truncation_mode::bytes, limit};
}

truncation_policy tokens(std::int64_t limit) {
  return {truncation_mode::tokens, limit};
}

} // namespace

SCENARIO("tokens are a quarter of the bytes, rounded up") {
  const std::vector<std::size_t> expected{0, 1, 1, 1, 1, 2};
  for (std::size_t i = 0; i < expected.size(); ++i)
    CHECK_EQ(estimated_tokens(i), expected[i]);
}

SCENARIO("text within the budget stays as it is") {
  CHECK_EQ(truncate_text("12345678", bytes(8)), "12345678");
  CHECK_EQ(truncate_text("12345678", tokens(2)), "12345678");
  CHECK_EQ(truncate_text("", bytes(0)), "");
  CHECK_EQ(formatted_truncation("12345678", bytes(8)), "12345678");
}

SCENARIO("longer text keeps its start and its end around a marker") {
  CHECK_EQ(truncate_text("123456789", bytes(5)), "12…4 chars truncated…789");
  CHECK_EQ(truncate_text("123456789", bytes(1)), "…8 chars truncated…9");
  CHECK_EQ(truncate_text("123456789", tokens(1)), "12…2 tokens truncated…89");
  CHECK_EQ(truncate_text("123456789", bytes(0)), "…9 chars truncated…");
  CHECK_EQ(truncate_text("123456789", tokens(0)), "…3 tokens truncated…");
  CHECK_EQ(truncate_text("123456789", bytes(-5)), "…9 chars truncated…");
  CHECK_EQ(truncate_text("123", tokens(INT64_MAX)), "123");
}

SCENARIO("cuts lie between characters and the marker counts characters") {
  const std::string text = "ääää"; // eight bytes
  CHECK_EQ(truncate_text(text, bytes(7)), "ä…1 chars truncated…ää");
  CHECK_EQ(truncate_text(text, bytes(6)), "ä…2 chars truncated…ä");
  CHECK_EQ(truncate_text(text, bytes(4)), "ä…2 chars truncated…ä");
  CHECK_EQ(truncate_text(text, bytes(3)), "…3 chars truncated…ä");
  CHECK_EQ(truncate_text(text, tokens(1)), "ä…1 tokens truncated…ä");
  std::string emoji;
  for (int i = 0; i < 50; ++i)
    emoji += "😀é";
  for (std::int64_t limit = 0; limit < 310; ++limit)
    CHECK(is_valid_utf8(truncate_text(emoji, bytes(limit))));
}

SCENARIO("a formatted truncation begins with the number of lines") {
  CHECK_EQ(formatted_truncation("1\n2\n3\n4\n", bytes(4)),
           "Total output lines: 4\n\n1\n…4 chars truncated…4\n");
  CHECK_EQ(count_lines(""), 0u);
  CHECK_EQ(count_lines("a"), 1u);
  CHECK_EQ(count_lines("a\n"), 1u);
  CHECK_EQ(count_lines("a\n\nb"), 3u);
}

SCENARIO("items share one budget, images are free") {
  const auto text = [](std::string x) { return output_item{output_item_kind::text, std::move(x)}; };
  const output_item image{output_item_kind::image, "data:image/png;base64,AAAA"};
  GIVEN("a budget in bytes") {
    const std::vector<output_item> expected{text("1234"), image, text("1…6 chars truncated…8"),
                                            image, text("[omitted 2 text items ...]")};
    CHECK(truncated_items({text("1234"), image, text("12345678"), text("x"), image, text("y")},
                          bytes(6)) == expected);
  }
  GIVEN("a budget in tokens") {
    const std::vector<output_item> expected{text("12345"), text("[omitted 1 text items ...]")};
    CHECK(truncated_items({text("12345"), text("x")}, tokens(2)) == expected);
  }
  GIVEN("a budget for everything") {
    const std::vector<output_item> expected{text("1"), text("2")};
    CHECK(truncated_items({text("1"), text("2")}, bytes(2)) == expected);
  }
}
