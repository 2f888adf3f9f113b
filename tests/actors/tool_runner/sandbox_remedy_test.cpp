#define CAF_SUITE sandbox_remedy
#include <caf/test/bdd_dsl.hpp>

#include "actors/tool_runner/sandbox_remedy.hpp"

using troupe::tool_runner::sandbox_remedy;

SCENARIO("what bubblewrap complains of is answered with what helps") {
  const struct {
    std::string_view complaint;
    std::string_view remedy;
  } cases[] = {
    {"", "bubblewrap"},
    {"bwrap: Failed to make / slave: Invalid argument", "mount --bind"},
    {"bwrap: No permissions to create new namespace, likely because", "user.max_user_namespaces"},
    {"bwrap: Creating new namespace failed: Operation not permitted", "--privileged"},
    {"bwrap: setting up uid map: Permission denied", "apparmor_restrict_unprivileged_userns"},
    {"bwrap: something new", "Repair the machine's set-up"},
  };
  for (const auto& x : cases) {
    const auto text = sandbox_remedy(x.complaint);
    CHECK(text.find(x.remedy) != std::string::npos);
    CHECK(text.ends_with(", or run without a sandbox by choosing danger-full-access."));
  }
}

SCENARIO(
  "a bubblewrap that gets no process blames no namespaces, and a run without it helps nobody") {
  for (const auto* complaint :
       {"bwrap: Creating new namespace failed: Resource temporarily unavailable",
        "bwrap: Can't fork for pid 1: Resource temporarily unavailable",
        "45f77a841cd0d5cf: 1: Cannot fork"}) {
    const auto text = sandbox_remedy(complaint, "/opt/x");
    CHECK(text.starts_with("Raise the limit of processes (`ulimit -u`"));
    CHECK(text.find("danger-full-access") == std::string::npos);
  }
}

SCENARIO("where nothing else is known, a bubblewrap that the user has named is to blame") {
  for (const auto* complaint : {"", "bwrap: something new"})
    CHECK(sandbox_remedy(complaint, "/opt/x").starts_with("Let TROUPE_BWRAP (now \"/opt/x\") be"));
  CHECK(
    sandbox_remedy("bwrap: setting up uid map: Permission denied", "/opt/x").starts_with("All"));
}
