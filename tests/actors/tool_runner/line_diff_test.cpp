#define CAF_SUITE line_diff
#include <caf/test/bdd_dsl.hpp>

#include "actors/tool_runner/line_diff.hpp"

#include <algorithm>
#include <random>
#include <string>
#include <vector>

using namespace troupe::tool_runner;

namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> result;
  for (std::size_t i = 0; i < text.size();) {
    const auto end = std::min(text.find('\n', i), text.size() - 1) + 1;
    result.push_back(text.substr(i, end - i));
    i = end;
  }
  return result;
}

/// Carries out `changes` on the old text.
std::string applied(const std::string& old_text, const std::string& new_text,
                    const std::vector<line_change>& changes) {
  const auto old_lines = lines_of(old_text);
  const auto new_lines = lines_of(new_text);
  std::string result;
  std::size_t next = 0;
  for (const auto& x : changes) {
    for (; next < x.old_start; ++next)
      result += old_lines.at(next);
    for (std::size_t j = 0; j < x.new_count; ++j)
      result += new_lines.at(x.new_start + j);
    next = x.old_start + x.old_count;
  }
  for (; next < old_lines.size(); ++next)
    result += old_lines[next];
  return result;
}

std::size_t cost(const std::vector<line_change>& changes) {
  std::size_t result = 0;
  for (const auto& x : changes)
    result += x.old_count + x.new_count;
  return result;
}

/// Length of a shortest difference, by the textbook table.
std::size_t shortest(const std::string& old_text, const std::string& new_text) {
  const auto a = lines_of(old_text);
  const auto b = lines_of(new_text);
  std::vector<std::vector<std::size_t>> common(a.size() + 1,
                                               std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 1; i <= a.size(); ++i)
    for (std::size_t j = 1; j <= b.size(); ++j)
      common[i][j] = a[i - 1] == b[j - 1] ? common[i - 1][j - 1] + 1
                                          : std::max(common[i - 1][j], common[i][j - 1]);
  return a.size() + b.size() - 2 * common[a.size()][b.size()];
}

std::string random_text(std::mt19937& random, std::size_t max_lines, char letters) {
  std::string result;
  for (auto n = random() % (max_lines + 1); n > 0; --n)
    result += {static_cast<char>('a' + random() % static_cast<unsigned>(letters)), '\n'};
  if (!result.empty() && random() % 4 == 0)
    result.pop_back();
  return result;
}

} // namespace

SCENARIO("random texts get a difference that is right and shortest") {
  std::mt19937 random{1};
  for (int round = 0; round < 5'000; ++round) {
    const auto letters = static_cast<char>(1 + random() % 5);
    const auto old_text = random_text(random, 14, letters);
    const auto new_text = random_text(random, 14, letters);
    const auto changes = line_changes(old_text, new_text);
    if (applied(old_text, new_text, changes) != new_text ||
        cost(changes) != shortest(old_text, new_text))
      CAF_FAIL("wrong difference of '" << old_text << "' and '" << new_text << "'");
  }
  CHECK(true);
}

SCENARIO("a difference that costs too much is still right") {
  std::mt19937 random{2};
  for (const std::size_t steps : {0u, 10u, 100u, 1000u}) {
    const auto old_text = random_text(random, 400, 20);
    const auto new_text = random_text(random, 400, 20);
    CHECK_EQ(applied(old_text, new_text, line_changes(old_text, new_text, steps)), new_text);
  }
}

SCENARIO("texts without common lines are one replacement when the steps are used up") {
  std::string old_text;
  std::string new_text;
  for (int i = 0; i < 20'000; ++i) {
    old_text += "old " + std::to_string(i) + "\n";
    new_text += "new " + std::to_string(i) + "\n";
  }
  const auto changes = line_changes(old_text, new_text, 100'000);
  REQUIRE_EQ(changes.size(), 1u);
  const line_change expected{0, 20'000, 0, 20'000};
  CHECK(changes[0] == expected);
}

SCENARIO("a unified diff has hunks with the asked context") {
  CHECK_EQ(unified_hunks("hello\nworld\n", "goodbye\nworld\n", 1),
           "@@ -1,2 +1,2 @@\n-hello\n+goodbye\n world\n");
  CHECK_EQ(unified_hunks("", "hello\nworld\n", 3), "@@ -0,0 +1,2 @@\n+hello\n+world\n");
  CHECK_EQ(unified_hunks("hello\nworld\n", "", 3), "@@ -1,2 +0,0 @@\n-hello\n-world\n");
  CHECK_EQ(unified_hunks("a\n", "b\n", 3), "@@ -1 +1 @@\n-a\n+b\n");
  CHECK_EQ(unified_hunks("1\n2\n3\n4\n5\n", "1\n2\nx\n4\n5\n", 0), "@@ -3 +3 @@\n-3\n+x\n");
  CHECK_EQ(unified_hunks("1\n2\n3\n4\n5\n", "1\n2\n3\nx\n4\n5\n", 0), "@@ -3,0 +4 @@\n+x\n");
  CHECK_EQ(unified_hunks("same\n", "same\n", 3), "");
}

SCENARIO("hunks whose context touches are one") {
  const std::string old_text = "1\n2\n3\n4\n5\n6\n7\n";
  CHECK_EQ(unified_hunks(old_text, "x\n2\n3\n4\n5\n6\ny\n", 3),
           "@@ -1,7 +1,7 @@\n-1\n+x\n 2\n 3\n 4\n 5\n 6\n-7\n+y\n");
  CHECK_EQ(unified_hunks(old_text, "x\n2\n3\n4\n5\n6\ny\n", 2),
           "@@ -1,3 +1,3 @@\n-1\n+x\n 2\n 3\n@@ -5,3 +5,3 @@\n 5\n 6\n-7\n+y\n");
  CHECK_EQ(unified_hunks(old_text, "x\n2\n3\nz\n5\n6\n7\n", 1),
           "@@ -1,5 +1,5 @@\n-1\n+x\n 2\n 3\n-4\n+z\n 5\n");
}

SCENARIO("a missing newline at the end is shown") {
  CHECK_EQ(unified_hunks("a\nb", "a\nb\n", 1),
           "@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+b\n");
  CHECK_EQ(
    unified_hunks("a", "a\nb", 1),
    "@@ -1 +1,2 @@\n-a\n\\ No newline at end of file\n+a\n+b\n\\ No newline at end of file\n");
}
