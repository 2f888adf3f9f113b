#define CAF_SUITE tree_removal
#include <caf/test/bdd_dsl.hpp>

#include "actors/tool_runner/owned_descriptor.hpp"
#include "actors/tool_runner/thread_folders.hpp"
#include "actors/tool_runner/tree_removal.hpp"
#include "tests/support/temp_folder.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <string>

using namespace troupe;
using namespace troupe::tool_runner;
using namespace std::chrono_literals;

namespace {

namespace fs = std::filesystem;

const auto late = std::chrono::steady_clock::now() + 1h;

owned_descriptor opened(const fs::path& x) {
  return owned_descriptor{::open(x.c_str(), O_RDONLY | O_DIRECTORY)};
}

/// Far deeper than any path can be long.
void make_deep(const fs::path& top, int depth) {
  auto at = opened(top);
  const std::string name(200, 'a');
  for (int i = 0; i < depth; ++i) {
    REQUIRE(::mkdirat(at.number(), name.c_str(), 0700) == 0);
    at = owned_descriptor{::openat(at.number(), name.c_str(), O_RDONLY | O_DIRECTORY)};
  }
}

} // namespace

SCENARIO("folders with closed modes and very deep ones are removed, links are not followed") {
  const test::temp_folder folder;
  const auto kept = folder.write("kept/file", "x");
  const auto top = folder.make_folder("top");
  folder.write("top/closed/inner/file", "x");
  fs::create_symlink(folder.path() / "kept", top / "closed/link");
  for (const auto* name : {"top/closed/inner", "top/closed"})
    REQUIRE(::chmod((folder.path() / name).c_str(), 0) == 0);
  make_deep(top, 3000);
  CHECK(empty_folder(opened(top).number(), late) == removal::complete);
  CHECK(fs::is_empty(top));
  CHECK(fs::exists(kept));
}

SCENARIO("a link that cannot be removed is not taken for the folder that it leads to") {
  const test::temp_folder folder;
  const auto kept = folder.write("kept/file", "x");
  const auto top = folder.make_folder("top");
  fs::create_symlink(folder.path() / "kept", top / "link");
  REQUIRE(::chmod(top.c_str(), 0500) == 0); // root removes it all the same
  remove_entry(opened(top).number(), "link", late);
  CHECK(fs::exists(kept));
  REQUIRE(::chmod(top.c_str(), 0700) == 0);
}

SCENARIO("what time does not suffice for stays, and goes later") {
  const test::temp_folder folder;
  make_deep(folder.path(), 1000);
  const auto top = opened(folder.path());
  CHECK(empty_folder(top.number(), std::chrono::steady_clock::now()) == removal::partial);
  CHECK(!fs::is_empty(folder.path()));
  CHECK(empty_folder(top.number(), late) == removal::complete);
  CHECK(fs::is_empty(folder.path()));
}

SCENARIO("the private folder of a thread goes whatever was done to it") {
  const test::temp_folder home;
  const auto id = new_thread_id();
  {
    auto made = thread_folders::make(home.path().string());
    REQUIRE(std::holds_alternative<std::shared_ptr<const thread_folders>>(made));
    const auto& folders = std::get<std::shared_ptr<const thread_folders>>(made);
    const fs::path place = folders->folder(id);
    fs::create_directories(place / "a/b");
    REQUIRE(::chmod((place / "a").c_str(), 0) == 0);
    REQUIRE(::chmod(place.c_str(), 0) == 0);
    folders->remove(id);
    CHECK(!fs::exists(place));
  }
  CHECK(fs::is_empty(home.path() / "tmp"));
}
