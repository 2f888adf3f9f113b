#define CAF_SUITE login_command
#include <caf/test/bdd_dsl.hpp>

#include "actors/tool_runner/login_command.hpp"

#include <string>
#include <vector>

using namespace troupe::tool_runner;

namespace {

using words = std::vector<std::string>;

} // namespace

SCENARIO("login shells of bash and zsh are spared") {
  CHECK(runs_login_shell({"bash", "-lc", "true"}));
  CHECK(runs_login_shell({"/usr/bin/bash", "-lc", "true", "name", "argument"}));
  CHECK(runs_login_shell({"zsh", "-lc", "true"}));
  CHECK(!runs_login_shell({"bash", "-c", "true"}));
  CHECK(!runs_login_shell({"sh", "-lc", "true"}));
  CHECK(!runs_login_shell({"bash", "-lc"}));
}

SCENARIO("the command is the same without the login") {
  shell_snapshot x;
  CHECK(without_login({"/bin/bash", "-lc", "true", "name"}, x, {}) ==
        (words{"/bin/bash", "--norc", "-c", "true", "name"}));
  CHECK(without_login({"/bin/zsh", "-lc", "true", "name"}, x, {}) ==
        (words{"/bin/zsh", "-f", "-c", "true", "name"}));
  x.options = {"-O", "extglob"};
  x.umask = "0077";
  CHECK(without_login({"bash", "-lc", "true"}, x, {.definitions = false, .bash_env = "a'b"}) ==
        (words{"bash", "--norc", "-O", "extglob", "-c",
               "umask 0077\nexport BASH_ENV='a'\\''b'\ntrue"}));
}

SCENARIO("aliases are known before a script of zsh is read") {
  const login_rest rest{.definitions = true, .bash_env = {}};
  const auto argv = without_login({"zsh", "-lc", "echo 'x'", "name"}, {}, rest);
  REQUIRE_EQ(argv.size(), 5u);
  CHECK(argv[3].ends_with("\neval 'echo '\\''x'\\'''"));
  CHECK(without_login({"bash", "-lc", "echo x"}, {}, rest)[3].ends_with("\necho x"));
}
