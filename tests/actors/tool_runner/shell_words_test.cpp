#define CAF_SUITE shell_words
#include <caf/test/bdd_dsl.hpp>

#include "actors/tool_runner/shell_words.hpp"

#include <string>
#include <vector>

using namespace troupe::tool_runner;

namespace {

/// Commands as `a|b|c / d|e`, or "opaque".
std::string split(std::string_view script) {
  const auto commands = plain_commands(script);
  if (!commands)
    return "opaque";
  std::string result;
  for (const auto& command : *commands) {
    if (!result.empty())
      result += " / ";
    for (std::size_t i = 0; i < command.words.size(); ++i)
      result += (i == 0 ? "" : "|") + command.words[i];
  }
  return result;
}

word_fidelity fidelity(std::string_view script) {
  const auto commands = plain_commands(script);
  REQUIRE(commands);
  REQUIRE_EQ(commands->size(), 1u);
  return commands->front().fidelity;
}

} // namespace

SCENARIO("words are quoted only where a shell needs it") {
  const argument_list plain{"/bin/bash", "-lc", "touch a.txt && echo made"};
  CHECK_EQ(shell_joined(plain), "/bin/bash -lc 'touch a.txt && echo made'");
  const argument_list odd{"", "it's", "a\"b'c", "$x", "A=b", "ä"};
  CHECK_EQ(shell_joined(odd), R"('' "it's" 'a"b'\''c' '$x' 'A=b' 'ä')");
}

SCENARIO("plain commands are split at connectors") {
  struct row {
    std::string script;
    std::string commands;
  };
  const std::vector<row> table{
    {"ls", "ls"},
    {"ls -la /tmp", "ls|-la|/tmp"},
    {"  ls\t-l  ", "ls|-l"},
    {"a && b || c | d ; e", "a / b / c / d / e"},
    {"a&&b||c|d;e", "a / b / c / d / e"},
    {"a\nb\n\nc\n", "a / b / c"},
    {"\n a", "a"},
    {"a;", "a"},
    {"a ;\n", "a"},
    {"a &&\n b", "a / b"},
    {"a |\n\n b", "a / b"},
    {"a \\\n -b", "a|-b"},
    {"a b\\\nc", "a|bc"},
    {"a 'b c' \"d e\" f'g'\"h\"", "a|b c|d e|fgh"},
    {"a '' \"\"", "a||"},
    {"a '$x `y` \\z'", "a|$x `y` \\z"},
    {"echo 42 -n5", "echo|42|-n5"},
    {"ls *.c ~/x {a,b} ?[ab]", "ls|*.c|~/x|{a,b}|?[ab]"},
    {"a b#c", "a|b#c"},
    {"env A=b c", "env|A=b|c"},
    {"find . ! -name x", "find|.|!|-name|x"},
    {"echo if then", "echo|if|then"},
    {"echo a\\ b", "echo|a\\ b"},
    {R"(echo "a\"b")", R"(echo|a\"b)"},
    {R"(echo "a\$b")", R"(echo|a\$b)"},
    {"", ""},
    {"  \n ", ""},
  };
  for (const auto& x : table)
    CHECK_EQ(split(x.script), x.commands);
}

SCENARIO("everything else is opaque") {
  for (const std::string script : {"ls > x",
                                   "ls < x",
                                   "ls 2>&1",
                                   "a >> b",
                                   "cat <<EOF\nx\nEOF",
                                   "cat <<< x",
                                   "echo $x",
                                   "echo \"$x\"",
                                   "echo ${x}",
                                   "echo $(ls)",
                                   "echo `ls`",
                                   "echo \"`ls`\"",
                                   "(ls)",
                                   "{ ls; }",
                                   "ls &",
                                   "a & b",
                                   "a |& b",
                                   "a &> b",
                                   "$'a'",
                                   "a $\"b\"",
                                   "if true; then ls; fi",
                                   "for x in a; do ls; done",
                                   "while true; do ls; done",
                                   "case x in a) ls;; esac",
                                   "! ls",
                                   "[ -f x ]",
                                   "[[ -f x ]]",
                                   "f() { ls; }",
                                   "function f { ls; }",
                                   "export A=b",
                                   "declare x",
                                   "typeset x",
                                   "local x",
                                   "readonly x",
                                   "unset x",
                                   "A=b",
                                   "A=b ls",
                                   "A+=b",
                                   "a[1]=b",
                                   "# ls",
                                   "ls # x",
                                   "\"ls\" -l",
                                   "l's'",
                                   "'ls'",
                                   "ls 'x",
                                   "ls \"x",
                                   "ls \\",
                                   "ls &&",
                                   "ls ||",
                                   "ls |",
                                   "&& ls",
                                   "; ls",
                                   "ls ;; ls",
                                   "ls ; ; ls",
                                   "ls && && ls",
                                   "| ls",
                                   "ls && ; ls",
                                   "time ls",
                                   "a\rb",
                                   "diff <(a) <(b)",
                                   "(( x ))",
                                   "coproc ls",
                                   "echo \"\\"})
    CHECK_EQ(script + ": " + split(script), script + ": opaque");
  const auto with_nul = std::string{"ls\0x", 4};
  CHECK_EQ(split(with_nul), "opaque");
}

SCENARIO("words that a shell would still change are marked") {
  CHECK(fidelity("find . -name '*.c'") == word_fidelity::exact);
  CHECK(fidelity("find . -name 'a\\b{c}'") == word_fidelity::exact);
  CHECK(fidelity("find . -exe\\c rm") == word_fidelity::approximate);
  CHECK(fidelity("find . {-exec,rm}") == word_fidelity::approximate);
  CHECK(fidelity("find . \"-a\\\"b\"") == word_fidelity::approximate);
}

SCENARIO("a shell's script is judged by its commands, anything else by its argv") {
  const argument_list plain{"/usr/bin/bash", "-lc", "ls && pwd"};
  const std::vector<simple_command> two{{{"ls"}}, {{"pwd"}}};
  CHECK(judged_commands(plain) == two);
  for (const argument_list& argv :
       {argument_list{"bash", "-lc", "ls > x"}, argument_list{"bash", "-c", ""},
        argument_list{"bash", "-lc", "ls", "x"}, argument_list{"bash", "-x", "ls"},
        argument_list{"fish", "-c", "ls"}, argument_list{"ls"}}) {
    const std::vector<simple_command> whole{{argv}};
    CHECK(judged_commands(argv) == whole);
  }
}
