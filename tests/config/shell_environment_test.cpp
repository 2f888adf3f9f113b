#define CAF_SUITE shell_environment

#include "config/shell_environment.hpp"

#include <caf/test/bdd_dsl.hpp>

using namespace troupe;
using namespace troupe::config;

namespace {

const variables parent{{"PATH", "/bin"}, {"HOME", "/me"},           {"MY_TOKEN", "t"},
                       {"api_key", "k"}, {"TheSecret", "s"},        {"LANG", "C"},
                       {"TMPDIR", "/t"}, {"CODEX_THREAD_ID", "old"}};

std::string names(const shell_environment_policy& policy, std::string_view thread = "") {
  std::string result;
  for (const auto& [name, value] : child_environment(parent, policy, thread))
    result += name + "=" + value + " ";
  return result;
}

} // namespace

SCENARIO("the starting set is everything, the core variables, or nothing") {
  CHECK_EQ(child_environment(parent, {}, "").size(), parent.size());
  CHECK_EQ(names({.inherit = environment_inherit::core}), "HOME=/me PATH=/bin TMPDIR=/t ");
  CHECK_EQ(names({.inherit = environment_inherit::none}), "");
}

SCENARIO("the default excludes apply only when they are not ignored") {
  CHECK_EQ(names({.ignore_default_excludes = false}),
           "CODEX_THREAD_ID=old HOME=/me LANG=C PATH=/bin TMPDIR=/t ");
}

SCENARIO("excludes are wildcards without case") {
  CHECK_EQ(names({.exclude = {"codex*", "?OME", "*key", "*token", "thesecret"}}),
           "LANG=C PATH=/bin TMPDIR=/t ");
}

SCENARIO("set comes after the excludes, include_only after set") {
  CHECK_EQ(names({.inherit = environment_inherit::none, .exclude = {"A*"}, .set = {{"A1", "x"}}}),
           "A1=x ");
  CHECK_EQ(names({.set = {{"A1", "x"}, {"PATH", "/y"}}, .include_only = {"p*"}}), "PATH=/y ");
}

SCENARIO("the thread id comes last and survives include_only") {
  CHECK_EQ(names({.inherit = environment_inherit::none, .include_only = {"X"}}, "t-1"),
           "CODEX_THREAD_ID=t-1 ");
}

SCENARIO("wildcards match as people expect") {
  CHECK(matches_wildcard("*", ""));
  CHECK(matches_wildcard("", ""));
  CHECK(!matches_wildcard("", "a"));
  CHECK(!matches_wildcard("?", ""));
  CHECK(matches_wildcard("a*b*c", "AxxBbyC"));
  CHECK(!matches_wildcard("a*b*c", "axxbbyd"));
  CHECK(matches_wildcard("**", "anything"));
  CHECK(!matches_wildcard("KEY", "MY_KEY"));
}

SCENARIO("a hostile pattern does not take exponential time") {
  std::string pattern;
  for (int i = 0; i < 200; ++i)
    pattern += "a*";
  CHECK(!matches_wildcard(pattern + "b", std::string(2000, 'a')));
}
