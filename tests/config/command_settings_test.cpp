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
}

END_FIXTURE_SCOPE()
