#define CAF_SUITE thread_folders
#include <caf/test/bdd_dsl.hpp>

#include "actors/tool_runner/thread_folders.hpp"
#include "tests/support/temp_folder.hpp"

#include <sys/stat.h>

#include <filesystem>
#include <memory>
#include <string>
#include <variant>

using namespace troupe;
using namespace troupe::tool_runner;
namespace fs = std::filesystem;

namespace {

struct fixture {
  const test::temp_folder home;

  std::shared_ptr<const thread_folders> start() const {
    auto made = thread_folders::make(home.path().string());
    REQUIRE(std::holds_alternative<std::shared_ptr<const thread_folders>>(made));
    return std::get<std::shared_ptr<const thread_folders>>(std::move(made));
  }

  static mode_t mode_of(const fs::path& x) {
    struct stat found {};
    return ::stat(x.c_str(), &found) == 0 ? found.st_mode & 07777 : 0;
  }
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("a thread's folder is as /tmp is, below folders that nobody else enters") {
  const auto folders = start();
  const fs::path place = folders->folder(new_thread_id());
  CHECK_EQ(mode_of(place), 01777u);
  CHECK_EQ(mode_of(place.parent_path()), 0700u);
  CHECK_EQ(mode_of(home.path() / "tmp"), 0700u);
}

SCENARIO("a thread keeps its folder until it goes, and takes no other along") {
  const auto folders = start();
  const auto one = new_thread_id();
  const fs::path place = folders->folder(one);
  const fs::path other = folders->folder(new_thread_id());
  fs::create_directory(place / "kept");
  CHECK_EQ(folders->folder(one), place.string());
  CHECK(fs::exists(place / "kept"));
  folders->remove(one);
  CHECK(!fs::exists(place));
  CHECK(fs::exists(other));
}

SCENARIO("a start removes what a dead process has left, and nothing of others") {
  const auto living = start();
  const fs::path place = living->folder(new_thread_id());
  fs::create_directory(place / "kept");
  home.write("tmp/sandbox-of-a-dead-one/thread/file", "x");
  home.write("tmp/not-of-ours/file", "x");
  home.write("outside/file", "x");
  fs::create_directory_symlink(home.path() / "outside", home.path() / "tmp/sandbox-link");
  const auto next = start();
  CHECK(fs::exists(place / "kept"));
  CHECK(!fs::exists(home.path() / "tmp/sandbox-of-a-dead-one"));
  CHECK(fs::exists(home.path() / "tmp/not-of-ours/file"));
  CHECK(fs::exists(home.path() / "outside/file"));
}

END_FIXTURE_SCOPE()
