#define CAF_SUITE sandbox_placeholders
#include <caf/test/bdd_dsl.hpp>

#include "actors/tool_runner/repository_search.hpp"
#include "actors/tool_runner/sandbox_placeholders.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

using namespace troupe::tool_runner;
namespace fs = std::filesystem;

namespace {

struct fixture {
  fixture() {
    std::string name = "/var/tmp/troupe-placeholders-XXXXXX";
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    root = name;
    nested = root + "/nested";
    fs::create_directory(nested);
    folder = owned_descriptor{::open(nested.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  }
  ~fixture() { fs::remove_all(root); }

  bool is_vacant(const std::string& name) const {
    const auto result = troupe::tool_runner::is_vacant(folder.number(), name);
    CHECK_EQ(troupe::tool_runner::is_vacant(AT_FDCWD, nested + "/" + name), result);
    return result;
  }

  std::string root;
  std::string nested;
  owned_descriptor folder;
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("vacant is a name without anything and one that only a placeholder has") {
  held_placeholders held;
  held.hold(folder.number(), nested + "/.codex");
  CHECK(is_vacant(".git"));
  CHECK(is_vacant(".codex"));
  std::ofstream{nested + "/.codex/config.toml"} << "x";
  CHECK(!is_vacant(".codex")); // somebody has put it to use
  fs::create_directory(nested + "/.git");
  CHECK(!is_vacant(".git"));
  std::ofstream{nested + "/file"} << "x";
  fs::create_directory_symlink("nowhere", nested + "/link");
  for (const auto* name : {"file", "link"})
    CHECK(!is_vacant(name));
}

SCENARIO("placeholders are no repositories and no settings, what is empty otherwise is") {
  {
    held_placeholders held;
    for (const auto* name : {"/.git", "/.codex", "/.agents"})
      held.hold(folder.number(), nested + name);
    CHECK(find_repositories(root) == found_repositories{});
  }
  fs::create_directory(nested + "/.git");
  fs::create_directory(nested + "/.codex");
  const std::vector<std::string> expected{nested + "/.git", nested + "/.codex"};
  CHECK_EQ(find_repositories(root).paths, expected);
}

END_FIXTURE_SCOPE()
