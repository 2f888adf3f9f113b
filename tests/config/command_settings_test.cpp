#define CAF_SUITE command_settings
#include <caf/test/bdd_dsl.hpp>

#include "tests/config/loading.hpp"

using namespace troupe::config;
using namespace troupe::config::test;

BEGIN_FIXTURE_SCOPE(config_fixture)

SCENARIO("how many commands run at once can be said, and that login shells are not spared") {
  CHECK(loaded().commands == command_settings{});
  user_file("[tools]\nmax_running = 3\nshell_snapshot = false\n");
  const auto x = loaded().commands;
  CHECK(x.max_running == std::size_t{3});
  CHECK(!x.shell_snapshot);
}

SCENARIO("no commands at all, or too many, are an error that names the key") {
  for (const auto* value : {"0", "4097", "-1", "\"many\""}) {
    user_file(std::string{"[tools]\nmax_running = "} + value + "\n");
    CHECK(error().find("tools.max_running") != std::string::npos);
  }
  for (const auto* value : {"0", "-1", "4097"}) {
    user_file(std::string{"[tools]\nmax_running = "} + value + "\n");
    CHECK(error().find("a number of commands at once from 1 to 4096") != std::string::npos);
  }
}

SCENARIO("a misspelt key of [tools] is an error, one of another program is told") {
  user_file("[tools]\nmax_memry = '1 GiB'\n");
  CHECK(error().find("unknown key `tools.max_memry`; did you mean \"max_memory\"?") !=
        std::string::npos);
  user_file("[tools]\nweb_search = true\nview_image = true\n"
            "experimental_request_user_input = { enabled = true }\nupdate_plan.enabled = true\n");
  CHECK_EQ(loaded().warnings, std::vector<std::string>{});
  user_file("[tools]\nsomething_new = true\n");
  CHECK_EQ(loaded().warnings,
           std::vector<std::string>{"unknown key `tools.something_new` is left out"});
}

END_FIXTURE_SCOPE()
