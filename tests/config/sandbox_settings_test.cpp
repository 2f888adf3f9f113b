#define CAF_SUITE sandbox_settings

#include "config/sandbox_settings.hpp"

#include "tests/config/loading.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <algorithm>
#include <unistd.h>

using namespace troupe;
using namespace troupe::config;
using namespace troupe::config::test;

BEGIN_FIXTURE_SCOPE(config_fixture)

SCENARIO("keys of the user are hidden unless something else is said") {
  const auto holds = [](const sandbox_settings& x, const char* path) {
    return std::ranges::find(x.hidden, path) != x.hidden.end();
  };
  CHECK_EQ(holds(loaded().sandbox, "/etc/shadow"), ::geteuid() == 0);
  CHECK(!loaded().sandbox.tmp);
  CHECK(!loaded().sandbox.uid);
  user_file("[sandbox]\ntmp = 'private'\nhidden = ['/a']\n");
  CHECK(loaded().sandbox.tmp == tmp_folder::own);
  CHECK(holds(loaded().sandbox, "/a"));
  CHECK_EQ(loaded().sandbox.hidden.size(), 1u);
}

SCENARIO("wrong values name the key and what is allowed") {
  const auto says = [&](std::string_view text, std::string_view part) {
    user_file(text);
    return error().find(part) != std::string::npos;
  };
  CHECK(says("[sandbox]\ntmp = 'none'\n", "sandbox.tmp"));
  CHECK(says("[sandbox]\nuid = 0\n", "`sandbox.uid` must be the number of a user other than root"));
}

END_FIXTURE_SCOPE()
