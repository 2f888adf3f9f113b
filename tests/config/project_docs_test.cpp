#define CAF_SUITE project_docs

#include "config/project_docs.hpp"

#include "tests/config/loading.hpp"

#include <caf/test/bdd_dsl.hpp>

using namespace troupe::config;

namespace {

struct fixture {
  troupe::test::temp_folder disk;
  std::filesystem::path home = disk.make_folder("home");
  std::filesystem::path cwd = disk.make_folder("repo/a/b");
  config all;
  project_doc_settings& settings = all.project_docs;

  fixture() {
    disk.make_folder("repo/.git");
    all.home = home;
  }

  std::string text() {
    auto found = user_instructions(all, cwd);
    warnings = std::move(found.warnings);
    return found.text.empty() ? "none" : found.text;
  }

  void link(const std::filesystem::path& to, const std::filesystem::path& at) {
    std::filesystem::remove(at);
    std::filesystem::create_symlink(to, at);
  }

  std::vector<std::string> warnings; ///< of the last text
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("without documents there are no instructions") {
  CHECK_EQ(text(), "none");
}

SCENARIO("the home's document alone is trimmed; the override comes first unless it is blank") {
  disk.write("home/AGENTS.md", "\n home text \n");
  CHECK_EQ(text(), "home text");
  disk.write("home/AGENTS.override.md", "  \n");
  CHECK_EQ(text(), "home text");
  disk.write("home/AGENTS.override.md", "override");
  CHECK_EQ(text(), "override");
}

SCENARIO("documents from the root to the cwd are joined by a blank line, after the home's") {
  disk.write("repo/AGENTS.md", "root");
  disk.write("repo/a/b/AGENTS.md", "leaf");
  CHECK_EQ(text(), "root\n\nleaf");
  disk.write("home/AGENTS.md", "home");
  CHECK_EQ(text(), "home\n\n--- project-doc ---\n\nroot\n\nleaf");
}

SCENARIO("documents above the root do not count, and without a root only the cwd's does") {
  disk.write("AGENTS.md", "outside");
  disk.write("repo/a/AGENTS.md", "middle");
  CHECK_EQ(text(), "middle");
  settings.root_markers = {};
  CHECK_EQ(text(), "none");
  disk.write("repo/a/b/AGENTS.md", "leaf");
  CHECK_EQ(text(), "leaf");
}

SCENARIO("in one directory the override wins, then AGENTS.md, then the fallbacks in their order") {
  settings.fallback_filenames = {" ", "AGENTS.md", "TWO.md", "THREE.md"};
  disk.write("repo/THREE.md", "three");
  CHECK_EQ(text(), "three");
  disk.write("repo/TWO.md", "two");
  CHECK_EQ(text(), "two");
  disk.write("repo/AGENTS.md", "agents");
  CHECK_EQ(text(), "agents");
  disk.write("repo/AGENTS.override.md", "override");
  CHECK_EQ(text(), "override");
}

SCENARIO("the byte limit counts over all documents and cuts the last one") {
  disk.write("repo/AGENTS.md", "12345");
  disk.write("repo/a/AGENTS.md", "67890");
  disk.write("repo/a/b/AGENTS.md", "never");
  settings.max_bytes = 8;
  CHECK_EQ(text(), "12345\n\n678");
  settings.max_bytes = 5;
  CHECK_EQ(text(), "12345");
  settings.max_bytes = 0;
  CHECK_EQ(text(), "none");
}

SCENARIO("a limit of 0 keeps the home's document") {
  disk.write("home/AGENTS.md", "home");
  disk.write("repo/AGENTS.md", "root");
  settings.max_bytes = 0;
  CHECK_EQ(text(), "home");
}

SCENARIO("bytes that are no UTF-8, also a character that was cut, are replaced") {
  disk.write("repo/AGENTS.md", "a\xff\xc3\xa4\xe2\x82\xac");
  CHECK_EQ(text(), "a\xef\xbf\xbd\xc3\xa4\xe2\x82\xac");
  settings.max_bytes = 6;
  CHECK_EQ(text(), "a\xef\xbf\xbd\xc3\xa4\xef\xbf\xbd\xef\xbf\xbd");
}

SCENARIO("blank documents are skipped and folders of that name are no documents") {
  disk.write("repo/AGENTS.md", " \n\t");
  disk.make_folder("repo/a/AGENTS.md");
  disk.write("repo/a/b/AGENTS.md", "leaf");
  CHECK_EQ(text(), "leaf");
}

SCENARIO("a document that cannot be read makes the project's documents count as absent") {
  disk.write("repo/AGENTS.md", "root");
  std::filesystem::create_symlink("/nowhere/at/all", cwd / "AGENTS.md");
  CHECK_EQ(text(), "none");
  disk.write("home/AGENTS.md", "home");
  CHECK_EQ(text(), "home");
}

SCENARIO("a link may lead to another file of the project, and nowhere else") {
  disk.write("repo/CLAUDE.md", "shared");
  link("../../CLAUDE.md", cwd / "AGENTS.md");
  CHECK_EQ(text(), "shared");
  CHECK(warnings.empty());
  disk.write("outside.txt", "secret");
  disk.make_folder("keys");
  disk.write("keys/AGENTS.md", "secret");
  for (const auto& to :
       {disk.path() / "outside.txt", std::filesystem::path{"../../../outside.txt"}}) {
    link(to, cwd / "AGENTS.md");
    CHECK_EQ(text(), "none");
    REQUIRE_EQ(warnings.size(), 1u);
    CHECK(warnings[0].starts_with((cwd / "AGENTS.md").string() + " is a link that leads out"));
  }
  std::filesystem::remove(cwd / "AGENTS.md");
  std::filesystem::remove(cwd);
  link("../../keys", cwd); // a folder on the way
  CHECK_EQ(text(), "none");
}

SCENARIO("a document that is kept from tools is not read, wherever it lies") {
  all.home = disk.make_folder("repo/home");
  disk.write("repo/home/auth.json", "login");
  link("home/auth.json", disk.path() / "repo/AGENTS.md");
  CHECK_EQ(text(), "none");
  CHECK_EQ(warnings.size(), 1u);
  disk.make_folder("repo/.ssh");
  disk.write("repo/.ssh/id", "key");
  link(".ssh/id", disk.path() / "repo/AGENTS.md");
  all.sandbox.hidden = {disk.path() / "repo/.ssh"};
  CHECK_EQ(text(), "none");
  all.sandbox.hidden.clear();
  CHECK_EQ(text(), "key");
  all.sandbox.uid = 65534;
  CHECK_EQ(text(), "none");
}

END_FIXTURE_SCOPE()
