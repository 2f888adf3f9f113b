#define CAF_SUITE command_summary
#include <caf/test/bdd_dsl.hpp>

#include "actors/tool_runner/command_summary.hpp"

#include <string>
#include <vector>

using namespace troupe::tool_runner;

namespace {

std::string entry_text(const command_summary& x) {
  const auto path = x.path.value_or("-");
  switch (x.kind) {
  case summary_kind::unknown: return "unknown " + x.cmd;
  case summary_kind::read: return "read " + x.name + " " + path;
  case summary_kind::list_files: return "list " + path;
  case summary_kind::search: return "search " + x.query.value_or("-") + " " + path;
  }
  return "";
}

/// The entries of a script in a form to compare, joined by " / ".
std::string summary(const std::string& script) {
  std::string result;
  for (const auto& x : summarise({"bash", "-lc", script}))
    result += (result.empty() ? "" : " / ") + entry_text(x);
  return result;
}

std::string cmd_of(const std::string& script) {
  const auto entries = summarise({"bash", "-lc", script});
  REQUIRE_EQ(entries.size(), 1u);
  return entries[0].cmd;
}

} // namespace

SCENARIO("files that are listed") {
  CHECK_EQ(summary("ls -la"), "list -");
  CHECK_EQ(summary("ls -la src/net"), "list net");
  CHECK_EQ(summary("tree -L 2 app/src"), "list app");
  CHECK_EQ(summary("rg --files -g '*.c' lib"), "list lib");
  CHECK_EQ(summary("git ls-files"), "list -");
  CHECK_EQ(summary("find . -type f"), "list .");
  CHECK_EQ(summary("fd"), "list -");
  CHECK_EQ(summary("python3 -c 'import os; print(os.listdir())'"), "list -");
}

SCENARIO("text that is searched") {
  CHECK_EQ(summary("rg -n needle src/app"), "search needle app");
  CHECK_EQ(summary("grep -rn -A 3 'a b' ."), "search a b .");
  CHECK_EQ(summary("git grep foo"), "search foo -");
  CHECK_EQ(summary("find net -name '*.hpp'"), "search *.hpp net");
  CHECK_EQ(summary("fd main.c"), "search main.c -");
  CHECK_EQ(summary("ag x y/z"), "search x z");
}

SCENARIO("files that are read") {
  CHECK_EQ(summary("cat src/main.c"), "read main.c src/main.c");
  CHECK_EQ(summary("head -n 20 a/b.txt"), "read b.txt a/b.txt");
  CHECK_EQ(summary("tail -5 x"), "read x x");
  CHECK_EQ(summary("sed -n 1,20p x.py"), "read x.py x.py");
  CHECK_EQ(summary("nl -ba x"), "read x x");
  CHECK_EQ(summary("awk '{print $1}' data"), "read data data");
  CHECK_EQ(summary("cat a b"), "unknown cat a b");
}

SCENARIO("what shapes output, changes folders or says nothing is left out") {
  CHECK_EQ(summary("ls | head -3"), "list -");
  CHECK_EQ(summary("rg x | sort | uniq | wc -l"), "search x -");
  CHECK_EQ(summary("cd sub && cat a.txt"), "read a.txt sub/a.txt");
  CHECK_EQ(summary("cd sub && cd deep && cat ../a.txt"), "read a.txt sub/a.txt");
  CHECK_EQ(summary("echo hi && ls && true"), "list -");
  CHECK_EQ(summary("cat x | nl -ba"), "read x x");
  CHECK_EQ(summary("ls && ls"), "list -");
  CHECK_EQ(summary("rg -l x | xargs wc"), "search x -");
  CHECK_EQ(summary("rg -l x | xargs rm"), "unknown rg -l x | xargs rm");
  CHECK_EQ(summary("sed -i s/a/b/ x"), "unknown sed -i s/a/b/ x");
}

SCENARIO("one unrecognised command makes the whole script unknown") {
  CHECK_EQ(summary("make all"), "unknown make all");
  CHECK_EQ(summary("touch a.txt && echo made"), "unknown touch a.txt && echo made");
  CHECK_EQ(summary("ls > x"), "unknown ls > x");
  CHECK_EQ(summary("echo x | wc -l"), "unknown echo x | wc -l");
  CHECK_EQ(summary("ls; make"), "unknown ls; make");
  CHECK_EQ(summary("sort | uniq"), "unknown sort | uniq");
  CHECK_EQ(cmd_of("make   'a b'"), "make   'a b'");
  CHECK_EQ(cmd_of("ls   'a b'"), "ls 'a b'");
  CHECK_EQ(cmd_of("cat x | sed -n 1,5p"), "cat x | sed -n 1,5p");
}

SCENARIO("other argvs are summarised too") {
  const auto one = [](const argument_list& argv) { return entry_text(summarise(argv).at(0)); };
  CHECK_EQ(one({"ls", "src/x"}), "list x");
  CHECK_EQ(one({}), "unknown ");
  CHECK_EQ(one({"pwsh", "-Command", "ls"}), "unknown ls");
  const argument_list piped{"rg", "x", "|", "head"};
  CHECK_EQ(summarise(piped).size(), 1u);
  CHECK_EQ(one(piped), "search x -");
}

SCENARIO("entries have the contracted JSON form") {
  CHECK_EQ(summaries_json(summarise({"cat", "a/b"})),
           R"([{"type":"read","cmd":"cat a/b","name":"b","path":"a/b"}])");
  CHECK_EQ(summaries_json(summarise({"rg", "x"})),
           R"([{"type":"search","cmd":"rg x","query":"x","path":null}])");
  CHECK_EQ(summaries_json(summarise({"ls"})), R"([{"type":"list_files","cmd":"ls","path":null}])");
  CHECK_EQ(summaries_json(summarise({"make"})), R"([{"type":"unknown","cmd":"make"}])");
}
