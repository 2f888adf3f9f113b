#define CAF_SUITE tool_environment
#include <caf/test/bdd_dsl.hpp>

#include "actors/tool_runner/tool_environment.hpp"

#include <string>
#include <vector>

using namespace troupe;
using namespace troupe::tool_runner;

namespace {

sandbox_policy a_policy(sandbox_mode mode, bool network) {
  return {.mode = mode, .writable_roots = {}, .network_access = network};
}

} // namespace

SCENARIO("only some policies have a network") {
  CHECK(has_network(a_policy(sandbox_mode::danger_full_access, false)));
  CHECK(!has_network(a_policy(sandbox_mode::read_only, true)));
  for (const auto mode : {sandbox_mode::workspace_write, sandbox_mode::external_sandbox}) {
    CHECK(has_network(a_policy(mode, true)));
    CHECK(!has_network(a_policy(mode, false)));
  }
}

SCENARIO("a child learns its thread and whether there is a network") {
  const config::variables parent{{"PATH", "/bin"}, {"API_KEY", "x"}};
  auto expected = parent;
  expected["CODEX_THREAD_ID"] = "t1";
  CHECK_EQ(tool_environment(parent, {}, "t1", a_policy(sandbox_mode::danger_full_access, false)),
           expected);
  expected["CODEX_SANDBOX_NETWORK_DISABLED"] = "1";
  CHECK_EQ(tool_environment(parent, {}, "t1", a_policy(sandbox_mode::read_only, false)), expected);
}

SCENARIO("the password of a proxy is inherited only where there is a network to use it on") {
  const config::variables parent{{"HTTPS_PROXY", "http://me:pass@proxy:3128"},
                                 {"https_proxy", "me:pass@proxy:3128"},
                                 {"no_proxy", "a@b"}};
  const auto open = tool_environment(parent, {}, "", a_policy(sandbox_mode::workspace_write, true));
  CHECK_EQ(open, parent);
  const auto closed =
    tool_environment(parent, {}, "", a_policy(sandbox_mode::workspace_write, false));
  CHECK_EQ(closed.at("HTTPS_PROXY"), "http://proxy:3128");
  CHECK_EQ(closed.at("https_proxy"), "proxy:3128");
  CHECK_EQ(closed.at("no_proxy"), "a@b");
  const shell_environment_policy asked{.set = {{"HTTPS_PROXY", "http://me:pass@proxy:3128"}}};
  CHECK_EQ(
    tool_environment(parent, asked, "", a_policy(sandbox_mode::read_only, false)).at("HTTPS_PROXY"),
    "http://me:pass@proxy:3128");
}

SCENARIO("unattended programs get neither colours nor pagers") {
  const auto result = unattended({{"TERM", "xterm"}, {"PAGER", "less"}, {"HOME", "/h"}});
  const config::variables expected{
    {"NO_COLOR", "1"},     {"TERM", "dumb"},  {"LANG", "C.UTF-8"}, {"LC_CTYPE", "C.UTF-8"},
    {"LC_ALL", "C.UTF-8"}, {"COLORTERM", ""}, {"PAGER", "cat"},    {"GIT_PAGER", "cat"},
    {"GH_PAGER", "cat"},   {"CODEX_CI", "1"}, {"HOME", "/h"}};
  CHECK_EQ(result, expected);
}

SCENARIO("entries are names and values") {
  const std::vector<std::string> expected{"A=", "B=x=y"};
  CHECK_EQ(as_entries({{"B", "x=y"}, {"A", ""}}), expected);
}
