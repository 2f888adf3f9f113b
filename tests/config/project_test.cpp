#define CAF_SUITE project

#include "config/project.hpp"

#include "tests/config/loading.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <sys/stat.h>

using namespace troupe::config;

namespace {

struct fixture {
  troupe::test::temp_folder disk;
  std::filesystem::path root = disk.path();
};

std::string text(const std::optional<std::filesystem::path>& x) {
  return x ? x->string() : "none";
}

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("the project root is the nearest directory with a marker, else the cwd") {
  disk.make_folder("a/.git");
  disk.write("a/b/.hg", "");
  const auto cwd = disk.make_folder("a/b/c");
  CHECK_EQ(project_root(cwd, {".git"}).string(), (root / "a").string());
  disk.make_folder("a/b/.git");
  ::chmod((root / "a/b/.git").c_str(), 01755); // a placeholder of a sandbox
  CHECK_EQ(project_root(cwd, {".git"}).string(), (root / "a").string());
  std::filesystem::remove(root / "a/b/.git");
  CHECK_EQ(project_root(cwd, {".git", ".hg"}).string(), (root / "a/b").string());
  CHECK_EQ(project_root(cwd, {"no-such-marker"}).string(), cwd.string());
  CHECK_EQ(project_root(cwd, {}).string(), cwd.string());
  CHECK_EQ(project_root(cwd, {""}).string(), cwd.string());
}

SCENARIO("directories come root first and include both ends") {
  const auto found = directories_between("/a", "/a/b/c");
  const std::vector<std::filesystem::path> expected{"/a", "/a/b", "/a/b/c"};
  CHECK(found == expected);
  CHECK_EQ(directories_between("/a", "/a").size(), 1U);
}

SCENARIO("a plain repository is its own main repository") {
  disk.make_folder("repo/.git");
  const auto cwd = disk.make_folder("repo/x/y");
  CHECK_EQ(text(main_repository(cwd)), (root / "repo").string());
}

SCENARIO("a linked worktree leads to the repository it was linked from") {
  disk.write("repo/.git/worktrees/w/commondir", "../..\n");
  disk.write("w/.git", "gitdir: ../repo/.git/worktrees/w\n");
  CHECK_EQ(text(main_repository(root / "w")), (root / "repo").string());
  disk.write("repo/.git/worktrees/w/commondir", (root / "repo/.git/").string() + "\n");
  CHECK_EQ(text(main_repository(root / "w")), (root / "repo").string());
}

SCENARIO("a submodule and a broken link stand for themselves") {
  disk.make_folder("repo/.git/modules/s");
  disk.write("repo/s/.git", "gitdir: ../.git/modules/s\n");
  CHECK_EQ(text(main_repository(root / "repo/s")), (root / "repo/s").string());
  disk.write("broken/.git", "what is this");
  CHECK_EQ(text(main_repository(root / "broken")), (root / "broken").string());
}

SCENARIO("trust is found under the path as given and under its canonical form") {
  const auto real = disk.make_folder("real");
  std::filesystem::create_directory_symlink(real, root / "link");
  setting_table level{{"trust_level", setting{std::string{"trusted"}, {}}}};
  setting_table projects{{real.string(), setting{level, {}}}};
  const setting_table settings{{"projects", setting{projects, {}}}};
  CHECK(find_trust(settings, {root / "link"}) == project_trust::trusted);
  CHECK(find_trust(settings, {real}) == project_trust::trusted);
  CHECK(find_trust(settings, {root}) == project_trust::unknown);
  CHECK(find_trust(settings, {root, real}) == project_trust::trusted);
}

END_FIXTURE_SCOPE()
