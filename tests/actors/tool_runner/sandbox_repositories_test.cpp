#define CAF_SUITE sandbox_repositories
#include <caf/test/bdd_dsl.hpp>

#include "tests/actors/tool_runner/sandbox_process_fixture.hpp"

using namespace sandbox_process_fixture;

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("repositories below a root are protected where they are moved, too") {
  if (!usable())
    return;
  fs::create_directories(workspace + "/a/b/.git");
  CHECK(in_sandbox(workspace_write, "echo x > a/b/.git/config").exit_code != 0);
  CHECK_EQ(in_sandbox(workspace_write, "mv a c && mkdir -p a/b/.git").exit_code, 0);
  CHECK(in_sandbox(workspace_write, "echo x > c/b/.git/config").exit_code != 0);
}

SCENARIO("a repository that cannot be found again is not given up") {
  if (!usable())
    return;
  const auto is_refused = [&] {
    const auto output = in_sandbox(workspace_write, "true").output;
    return output.starts_with("Sandbox refuses writable root") &&
           output.find(workspace + "/a/b/.git") != std::string::npos;
  };
  fs::create_directories(workspace + "/a/b/.git");
  CHECK_EQ(in_sandbox(workspace_write, "mkdir -p 1/2/3/4/5/6/7; mv a 1/2/3/4/5/6/7/").exit_code, 0);
  CHECK(is_refused());
  fs::create_directories(workspace + "/a/b/.git");
  CHECK(is_refused());
  fs::remove_all(workspace + "/a");
  fs::rename(workspace + "/1/2/3/4/5/6/7/a", workspace + "/a");
  CHECK(in_sandbox(workspace_write, "echo x > a/b/.git/config").exit_code != 0);
}

SCENARIO("settings of agents below a root are protected where they are") {
  if (!usable())
    return;
  for (const auto* folder : {"/a/.codex", "/a/b/.agents", "/a/.codexes"})
    fs::create_directories(workspace + folder);
  for (const auto* path : {"a/.codex/config.toml", "a/b/.agents/x"})
    CHECK(in_sandbox(workspace_write, std::string{"echo x > "} + path).exit_code != 0);
  CHECK(in_sandbox(workspace_write, "mv a/.codex a/x").exit_code != 0);
  CHECK_EQ(in_sandbox(workspace_write, "echo x > a/.codexes/x").exit_code, 0);
}

SCENARIO("a .git that an agent has written makes no root read-only") {
  if (!usable())
    return;
  CHECK_EQ(in_sandbox(workspace_write, "mkdir objects refs q; echo x > HEAD; "
                                       "echo gitdir: ../ > q/.git; mkdir r; ln -s .. r/.git")
             .exit_code,
           0);
  memory = nullptr; // another session
  CHECK_EQ(in_sandbox(workspace_write, "echo x > made").exit_code, 0);
  const auto seen = look_at(setup, {.policy = workspace_write,
                                    .cwd = workspace,
                                    .known = known,
                                    .memory = {},
                                    .recent = {},
                                    .own_tmp = {}});
  REQUIRE(!seen.warnings.empty());
  CHECK(seen.warnings.front().find("holds a writable root") != std::string::npos);
}

SCENARIO("settings beyond the bound cost no repository its protection") {
  for (int i = 0; i < 3; ++i) {
    fs::create_directories(workspace + "/" + std::to_string(i) + "/.codex");
    fs::create_directories(workspace + "/" + std::to_string(i) + "/.git");
  }
  const auto found = find_repositories(workspace, {.max_settings = 2});
  CHECK(!found.is_complete);
  CHECK_EQ(std::ranges::count_if(found.paths, [](const auto& x) { return x.ends_with(".git"); }),
           3);
  CHECK_EQ(std::ranges::count_if(found.paths, [](const auto& x) { return x.ends_with(".codex"); }),
           2);
}

SCENARIO("a link in the place of a nested repository protects what it leads to") {
  if (!usable())
    return;
  fs::create_directories(workspace + "/store");
  fs::create_directories(workspace + "/q");
  fs::create_directory_symlink("../store", workspace + "/q/.git");
  CHECK(in_sandbox(workspace_write, "echo x > store/config").exit_code != 0);
}

END_FIXTURE_SCOPE()
