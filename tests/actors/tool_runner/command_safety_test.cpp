#define CAF_SUITE command_safety
#include <caf/test/bdd_dsl.hpp>

#include "actors/tool_runner/command_safety.hpp"

#include <string>
#include <vector>

using namespace troupe::tool_runner;

namespace {

/// Each text is split at blanks.
std::vector<std::string> with(bool (*predicate)(const simple_command&),
                              const std::vector<std::string>& texts) {
  std::vector<std::string> result;
  for (const auto& text : texts) {
    simple_command command;
    for (std::size_t i = 0; i <= text.size();) {
      const auto end = std::min(text.find(' ', i), text.size());
      command.words.push_back(text.substr(i, end - i));
      i = end + 1;
    }
    if (predicate(command))
      result.push_back(text);
  }
  return result;
}

simple_command in_shell(std::string script) {
  return {{"bash", "-lc", std::move(script)}, word_fidelity::exact};
}

const std::vector<std::string> none;

} // namespace

SCENARIO("commands that only read are safe") {
  const std::vector<std::string> safe{"cat x",
                                      "cd /",
                                      "cut -f1",
                                      "echo x",
                                      "expr 1 + 1",
                                      "false",
                                      "grep -r x .",
                                      "head x",
                                      "id",
                                      "ls -la",
                                      "nl x",
                                      "paste x",
                                      "pwd",
                                      "rev",
                                      "seq 3",
                                      "stat x",
                                      "tail -f x",
                                      "tr a b",
                                      "true",
                                      "uname -a",
                                      "uniq",
                                      "wc -l",
                                      "which ls",
                                      "whoami",
                                      "numfmt 1",
                                      "tac x",
                                      "/usr/bin/ls",
                                      "base64 x",
                                      "base64 -d x",
                                      "find . -name x",
                                      "rg -n x",
                                      "rg --prefix x",
                                      "sed -n 5p",
                                      "sed -n 1,20p file",
                                      "git status",
                                      "git log -p",
                                      "git diff --stat",
                                      "git show HEAD",
                                      "git branch",
                                      "git branch -a -vv",
                                      "git branch --format=%(refname)",
                                      "git -C /x status",
                                      "git --git-dir /x log",
                                      "git --no-pager diff",
                                      "/bin/git status"};
  CHECK_EQ(with(is_known_safe, safe), safe);
}

SCENARIO("options that write or run programs make commands unsafe") {
  CHECK_EQ(with(is_known_safe, {"base64 -o x",
                                "base64 -ox",
                                "base64 --output x",
                                "base64 --output=x",
                                "find . -exec ls",
                                "find . -execdir ls",
                                "find . -ok ls",
                                "find . -okdir ls",
                                "find . -delete",
                                "find . -fls x",
                                "find . -fprint x",
                                "find . -fprint0 x",
                                "find . -fprintf x y",
                                "rg --pre x",
                                "rg --pre=x",
                                "rg --hostname-bin x",
                                "rg --hostname-bin=x",
                                "rg --search-zip x",
                                "rg -z x",
                                "sed -i s/a/b/ x",
                                "sed -n 1p a b",
                                "sed -n p x",
                                "sed -n 1,p x",
                                "sed -n 1,2,3p x",
                                "sed -n 1w x",
                                "sed 1p",
                                "sed -n",
                                "git -c a=b status",
                                "git -ca=b status",
                                "git status -c x",
                                "git --config-env=a=b log",
                                "git log --output=x",
                                "git log --output x",
                                "git diff --ext-diff",
                                "git show --textconv",
                                "git log --exec=x",
                                "git --paginate log",
                                "git branch x",
                                "git branch -d x",
                                "git branch --list x",
                                "git",
                                "git -C",
                                "git -C status",
                                "git commit",
                                "git checkout x"}),
           none);
}

SCENARIO("other commands are not safe") {
  CHECK_EQ(with(is_known_safe, {"rm x", "touch x", "python x", "sudo ls", "xargs ls", "tee x",
                                "awk 1", "env ls", "bash", "bash x.sh", "time ls", "[ x ]", ""}),
           none);
  CHECK(!is_known_safe({}));
}

SCENARIO("a command whose options are not exact is not safe") {
  CHECK(!is_known_safe({{"find", ".", "-exe\\c"}, word_fidelity::approximate}));
  CHECK(is_known_safe({{"echo", "a\\ b"}, word_fidelity::approximate}));
}

SCENARIO("a shell is safe when all its commands are") {
  CHECK(is_known_safe(in_shell("ls && git status | head -3")));
  CHECK(is_known_safe({{"/bin/zsh", "-c", "pwd"}, word_fidelity::exact}));
  for (const auto* script : {"ls && rm x", "ls > x", "", "find . -exe\\c rm", "find . {-exec,rm}"})
    CHECK(!is_known_safe(in_shell(script)));
}

SCENARIO("commands that destroy are dangerous") {
  const std::vector<std::string> dangerous{"rm -f x",
                                           "rm -rf /",
                                           "/bin/rm -rf x",
                                           "sudo rm -f x",
                                           "sudo sudo rm -rf x",
                                           "git reset --hard",
                                           "git rm x",
                                           "git -C x reset",
                                           "git -c a=b reset",
                                           "/usr/bin/git reset",
                                           "git branch -d x",
                                           "git branch -D x",
                                           "git branch --delete x",
                                           "git branch --delete=x",
                                           "git branch -vd x",
                                           "git push --force",
                                           "git push --force-with-lease",
                                           "git push --force-with-lease=x",
                                           "git push --force-if-includes",
                                           "git push --delete x",
                                           "git push -f",
                                           "git push -d x",
                                           "git push -uf",
                                           "git push origin +main",
                                           "git push origin :x",
                                           "git clean --force",
                                           "git clean -f",
                                           "git clean -xdf",
                                           "git clean --force=x"};
  CHECK_EQ(with(is_dangerous, dangerous), dangerous);
}

SCENARIO("their harmless forms are not") {
  CHECK_EQ(with(is_dangerous, {"rm x", "rm -r x", "rm -fr x", "rm x -f", "rm", "sudo ls", "sudo",
                               "git", "git status", "git branch x", "git branch --sort=-date",
                               "git push", "git push origin main", "git push --tags",
                               "git clean -n", "git clean --dry-run", "git commit", "ls", ""}),
           none);
  CHECK(!is_dangerous({}));
}

SCENARIO("a shell is dangerous when one of its commands is") {
  CHECK(is_dangerous(in_shell("ls && rm -rf x")));
  CHECK(is_dangerous({{"sudo", "sh", "-c", "git reset"}, word_fidelity::exact}));
  CHECK(!is_dangerous(in_shell("ls && rm x")));
  CHECK(!is_dangerous(in_shell("rm -rf $x")));
}
