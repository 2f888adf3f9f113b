#define CAF_SUITE user_shell
#include <caf/test/bdd_dsl.hpp>

#include "actors/tool_runner/user_shell.hpp"

#include <set>
#include <string>
#include <vector>

using namespace troupe::tool_runner;

namespace {

using words = std::vector<std::string>;

shell_lookup a_machine(std::string account_shell, std::set<std::string> files) {
  return {
    .account_shell = std::move(account_shell),
    .search_path = "relative:/usr/local/bin::/usr/bin",
    .is_file = [files = std::move(files)](const std::string& x) { return files.contains(x); }};
}

} // namespace

SCENARIO("shells are known by file name without extension") {
  CHECK(shell_kind_of("/usr/bin/zsh") == shell_kind::zsh);
  CHECK(shell_kind_of("bash") == shell_kind::bash);
  CHECK(shell_kind_of("/bin/sh") == shell_kind::sh);
  CHECK(shell_kind_of("pwsh.exe") == shell_kind::power_shell);
  CHECK(shell_kind_of("/x/powershell") == shell_kind::power_shell);
  CHECK(shell_kind_of("cmd.exe") == shell_kind::cmd);
  for (const auto* other : {"", "fish", "bash/", "dash", ".bash", "bashful"})
    CHECK(!shell_kind_of(other));
}

SCENARIO("each shell has its way to run a script") {
  const auto argv = [](shell_kind kind, login_shell login) {
    return shell_argv({kind, "/s"}, "x y", login);
  };
  const words login{"/s", "-lc", "x y"};
  const words plain{"/s", "-c", "x y"};
  for (const auto kind : {shell_kind::zsh, shell_kind::bash, shell_kind::sh}) {
    CHECK_EQ(argv(kind, login_shell::yes), login);
    CHECK_EQ(argv(kind, login_shell::no), plain);
  }
  const words profile{"/s", "-Command", "x y"};
  const words no_profile{"/s", "-NoProfile", "-Command", "x y"};
  const words cmd{"/s", "/c", "x y"};
  CHECK_EQ(argv(shell_kind::power_shell, login_shell::yes), profile);
  CHECK_EQ(argv(shell_kind::power_shell, login_shell::no), no_profile);
  CHECK_EQ(argv(shell_kind::cmd, login_shell::yes), cmd);
}

SCENARIO("the user's shell is the account's, else bash, zsh or sh") {
  const user_shell zsh{shell_kind::zsh, "/usr/bin/zsh"};
  const user_shell bash{shell_kind::bash, "/usr/local/bin/bash"};
  const user_shell sh{shell_kind::sh, "/bin/sh"};
  CHECK(default_shell(a_machine("/usr/bin/zsh", {"/usr/bin/zsh", "/bin/bash"})) == zsh);
  CHECK(default_shell(a_machine("/usr/bin/fish", {"/usr/bin/fish", "/usr/local/bin/bash"})) ==
        bash);
  CHECK(default_shell(a_machine("/gone/bash", {"/usr/bin/zsh"})) == zsh);
  CHECK(default_shell(a_machine("", {"relative/bash", "/bash"})) == sh);
}

SCENARIO("a call may name its shell") {
  const user_shell users{shell_kind::bash, "/opt/bash"};
  const auto machine = a_machine("", {"/my/zsh", "/usr/bin/zsh", "/bin/sh", "/usr/bin/fish"});
  const user_shell given{shell_kind::zsh, "/my/zsh"};
  const user_shell found{shell_kind::zsh, "/usr/bin/zsh"};
  const user_shell sh{shell_kind::sh, "/bin/sh"};
  CHECK(named_shell("/my/zsh", users, machine) == given);
  CHECK(named_shell("/not/there/zsh", users, machine) == found);
  CHECK(named_shell("bash", users, machine) == users);
  CHECK(named_shell("sh", users, machine) == sh);
  CHECK(named_shell("/usr/bin/fish", users, machine) == sh);
  CHECK(named_shell("pwsh", users, machine) == sh);
}

SCENARIO("this machine has a shell") {
  const auto shell = default_shell(machine_shells("/usr/bin:/bin"));
  CHECK(machine_shells("").is_file(shell.path));
  CHECK(shell_kind_of(shell.path) == shell.kind);
}
