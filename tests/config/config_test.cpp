#define CAF_SUITE config

#include "config/config.hpp"

#include "tests/config/loading.hpp"

#include <caf/test/bdd_dsl.hpp>

using namespace troupe;
using namespace troupe::config;
using namespace troupe::config::test;

namespace {

using roots = std::vector<std::string>;

const auto env = environment_of({{"TMPDIR", "/var/t"}});

} // namespace

SCENARIO("writable roots come in the order configured, cwd, /tmp, TMPDIR, without duplicates") {
  const sandbox_policy policy{.mode = sandbox_mode::workspace_write,
                              .writable_roots = {"/a", "/ws"}};
  CHECK_EQ(effective_writable_roots(policy, "/ws", env), (roots{"/a", "/ws", "/tmp", "/var/t"}));
}

SCENARIO("temporary folders can be left out, and a relative TMPDIR does not count") {
  sandbox_policy policy{.mode = sandbox_mode::workspace_write, .writable_roots = {}};
  policy.exclude_slash_tmp = true;
  CHECK_EQ(effective_writable_roots(policy, "/ws", env), (roots{"/ws", "/var/t"}));
  policy.exclude_tmpdir_env_var = true;
  CHECK_EQ(effective_writable_roots(policy, "/ws", env), (roots{"/ws"}));
  policy.exclude_tmpdir_env_var = false;
  CHECK_EQ(effective_writable_roots(policy, "/ws", environment_of({{"TMPDIR", "t"}})),
           (roots{"/ws"}));
}

SCENARIO("other modes have no writable roots") {
  CHECK(effective_writable_roots({}, "/ws", env).empty());
  CHECK(effective_writable_roots({.mode = sandbox_mode::danger_full_access, .writable_roots = {}},
                                 "/ws", env)
          .empty());
}
