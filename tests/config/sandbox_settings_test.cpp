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
  user_file("");
  for (const std::string given : {"/home/me", "me"}) {
    request.env = environment_of({{"HOME", given}});
    const auto home = std::filesystem::current_path() / given;
    CHECK(holds(loaded().sandbox, (home / ".ssh").c_str()));
  }
}

SCENARIO("wrong values name the key and what is allowed") {
  const auto says = [&](std::string_view text, std::string_view part) {
    user_file(text);
    return error().find(part) != std::string::npos;
  };
  CHECK(says("[sandbox]\ntmp = 'none'\n", "sandbox.tmp"));
  CHECK(says("[sandbox]\nuid = 0\n", "`sandbox.uid` must be the number of a user other than root"));
}

SCENARIO("a misspelt key is an error that names the one that was meant, and where it is") {
  user_file("[sandbox]\nhiden = ['~/secrets']\n");
  const auto place = (home / "config.toml").string() + ":2:";
  CHECK(error().find(place) != std::string::npos);
  CHECK(error().find("unknown key `sandbox.hiden`; did you mean \"hidden\"?") != std::string::npos);
  user_file("");
  request.overrides = {"sandbox.hiden=['/secrets']"};
  CHECK_EQ(error(), "Error parsing -c overrides: unknown key `sandbox.hiden`; did you mean "
                    "\"hidden\"?");
}

SCENARIO("what cannot be hidden is refused with a remedy") {
  request.env = environment_of({{"HOME", "/home/me"}});
  const auto says = [&](std::string_view path, std::string_view part) {
    user_file("[sandbox]\nhidden = ['/a', '" + std::string{path} + "']\n");
    return error().find(part) != std::string::npos;
  };
  for (const auto* path : {"", "/", "//", "/usr/..", "secrets", "./secrets", "~other/x", "/usr",
                           "/usr/", "/usr/bin", "/lib", "/dev", "/proc"}) {
    const auto named = "`sandbox.hidden` cannot hold \"" + std::string{path} + "\": ";
    if (!says(path, named))
      CAF_FAIL("accepted: " << path << ": " << error());
  }
  CHECK(says("secrets", "write an absolute path"));
  CHECK(says("/", "name the folders"));
  CHECK(says("/usr", "no command can run without it"));
  for (const auto* path : {"~", "~/secrets", "/etc", "/usr/local", "/home", "/tmp/x/"})
    CHECK(says(path, "loaded"));
  user_file("[sandbox]\nhidden = []\n");
  CHECK(loaded().sandbox.hidden.empty());
}

END_FIXTURE_SCOPE()
