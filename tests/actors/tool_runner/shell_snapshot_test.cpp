#define CAF_SUITE shell_snapshot
#include <caf/test/bdd_dsl.hpp>

#include "actors/tool_runner/shell_snapshot.hpp"

#include <string>
#include <vector>

using namespace troupe;
using namespace troupe::tool_runner;

namespace {

using words = std::vector<std::string>;

std::string record(const std::string& text) {
  return text + '\0';
}

struct shell {
  std::string options = "set +o errexit\nshopt -u extglob\n";
  std::string umask = "0022\n";
  words environment = {};
  words functions = {}; ///< name, definition, name, definition
  words aliases = {};
  words variables = {};

  std::string dump() const {
    auto result = record("\1options") + record(options) + record("\1umask") + record(umask) +
                  record("\1environment");
    for (const auto& x : environment)
      result += record(x);
    result += record("\1functions");
    for (const auto& x : functions)
      result += record(x);
    result += record("\1aliases");
    for (const auto& x : aliases)
      result += record(x);
    result += record("\1variables");
    for (const auto& x : variables)
      result += record(x);
    return result + record("\1end");
  }
};

std::string dump_of(const shell& login, const shell& fresh = {}) {
  return record("\1start") + "0022\n" + login.dump() + fresh.dump();
}

shell_snapshot snapshot_of(const shell& login, const config::variables& start = {}) {
  auto result = read_snapshot(dump_of(login), start);
  REQUIRE(result.has_value());
  return std::move(*result);
}

} // namespace

SCENARIO("a snapshot holds what the profile has changed in the environment") {
  const auto x =
    snapshot_of({.environment = {"SAME=1", "NEW=a\nb", "OTHER=2", "SHLVL=2", "PWD=/x", "_=/env"}},
                {{"SAME", "1"}, {"OTHER", "1"}, {"GONE", "1"}, {"PWD", "/y"}, {"OLDPWD", "/z"}});
  CHECK(x.changed == (config::variables{{"NEW", "a\nb"}, {"OTHER", "2"}}));
  CHECK(x.removed == words{"GONE"});
  CHECK(with_profile({{"GONE", "1"}, {"OTHER", "1"}, {"KEPT", "1"}}, x) ==
        (config::variables{{"KEPT", "1"}, {"NEW", "a\nb"}, {"OTHER", "2"}}));
}

SCENARIO("options and umask are kept where a fresh shell has others") {
  const auto x = snapshot_of(
    {.options = "set -o errexit\nshopt -s extglob\nshopt -s login_shell\nset +o history\n",
     .umask = "0077\n"});
  CHECK(x.options == (words{"-o", "errexit", "-O", "extglob"}));
  CHECK_EQ(x.umask, "0077");
  CHECK(snapshot_of({}).options.empty());
  CHECK(snapshot_of({}).umask.empty());
}

SCENARIO("functions and own variables are defined for a command that names one") {
  const auto x =
    snapshot_of({.functions = {"greet", "greet () \n{ \n    echo hi\n}\n"},
                 .variables = {"plain", "declare -- plain=\"1\"\n", "EXP", "declare -x EXP=\"1\"\n",
                               "UID", "declare -ir UID=\"0\"\n"}});
  CHECK(x.names == (words{"greet", "plain"}));
  const std::string greet = "greet () \n{ \n    echo hi\n}\n";
  CHECK_EQ(definitions_of(x, {{"plain", ""}}), "declare -- plain=\"1\"\n" + greet);
  CHECK_EQ(definitions_of(x, {}), greet);
  for (const auto* text :
       {"greet", "x;greet you", "(greet)", "echo $plain", "a=${plain}", "\"greet\""})
    CHECK(needs_definitions(x, text));
  for (const auto* text : {"", "greets", "regreet", "plain_text", "true", "greet.txt"})
    CHECK(!needs_definitions(x, text));
}

SCENARIO("aliases count where the profile lets them be expanded") {
  shell login{.aliases = {"ll", "alias ll='ls -l'\n"}};
  CHECK(snapshot_of(login).names.empty());
  login.options = "shopt -s expand_aliases\n";
  CHECK(snapshot_of(login).names == words{"ll"});
  CHECK_EQ(snapshot_of(login).functions, "alias ll='ls -l'\n");
}

SCENARIO("what every shell has is no part of a snapshot") {
  const shell same{.functions = {"f", "f () { :; }"}, .variables = {"PS4", "declare -- PS4=\"+\""}};
  const auto x = read_snapshot(dump_of(same, same), {});
  REQUIRE(x.has_value());
  CHECK(x->names.empty());
}

SCENARIO("a dump that is cut anywhere is no snapshot") {
  const auto whole = dump_of({.environment = {"A=1"},
                              .functions = {"f", "f () { :; }"},
                              .aliases = {"a", "alias a=b"},
                              .variables = {"v", "declare -- v=1"}});
  for (std::size_t length = 0; length < whole.size(); ++length)
    CHECK(!read_snapshot(whole.substr(0, length), {}).has_value());
  CHECK(read_snapshot(whole, {}).has_value());
  CHECK(!read_snapshot("noise" + whole, {}).has_value());
}
