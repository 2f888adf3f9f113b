#define CAF_SUITE git_folder
#include <caf/test/bdd_dsl.hpp>

#include "actors/rollout_recorder/git_folder.hpp"

#include <map>
#include <string>

using namespace troupe::rollout_recorder;

namespace {

constexpr auto* commit = "7d1f0c2e9b6a4e5f8c3d2b1a0f9e8d7c6b5a4f3e";
constexpr auto* other_commit = "0000000000000000000000000000000000000001";

using file_map = std::map<std::string, std::string>;

std::optional<git_facts> facts(const file_map& files, const std::string& cwd = "/home/ada/demo") {
  return read_git_facts(cwd, [&](const std::filesystem::path& file) -> std::optional<std::string> {
    const auto found = files.find(file.lexically_normal().string());
    return found == files.end() ? std::nullopt : std::optional{found->second};
  });
}

constexpr auto* origin = "[remote \"origin\"]\n\turl = https://example.org/demo.git\n";

} // namespace

SCENARIO("a branch, its commit and the origin are found from a folder below the tree") {
  const file_map files{{"/home/ada/demo/.git/HEAD", "ref: refs/heads/main\n"},
                       {"/home/ada/demo/.git/refs/heads/main", std::string{commit} + "\n"},
                       {"/home/ada/demo/.git/config", origin}};
  const git_facts expected{commit, "main", "https://example.org/demo.git"};
  CHECK(facts(files) == expected);
  CHECK(facts(files, "/home/ada/demo/src/deep") == expected);
  CHECK(!facts(files, "/home/ada"));
  CHECK(!facts(files, "/home/ada/demolition"));
}

SCENARIO("credentials in the origin's address are left out") {
  auto url_of = [](const std::string& url) {
    return facts({{"/home/ada/demo/.git/HEAD", "ref: refs/heads/main\n"},
                  {"/home/ada/demo/.git/config", "[remote \"origin\"]\n\turl = " + url + "\n"}})
      ->repository_url.value_or("");
  };
  CHECK_EQ(url_of("https://ada:ghp_secret@example.org/x.git"), "https://example.org/x.git");
  CHECK_EQ(url_of("https://token@example.org/a@b.git"), "https://example.org/a@b.git");
  CHECK_EQ(url_of("https://example.org/a@b.git"), "https://example.org/a@b.git");
  CHECK_EQ(url_of("https://p@ss@example.org"), "https://example.org");
  CHECK_EQ(url_of("ssh://git@example.org/x.git"), "ssh://git@example.org/x.git");
  CHECK_EQ(url_of("git@example.org:x.git"), "git@example.org:x.git");
}

SCENARIO("a detached head has no branch") {
  CHECK((facts({{"/home/ada/demo/.git/HEAD", std::string{commit} + "\n"}}) ==
         git_facts{commit, std::nullopt, std::nullopt}));
}

SCENARIO("before the first commit there are no facts, but there is a repository") {
  CHECK(facts({{"/home/ada/demo/.git/HEAD", "ref: refs/heads/main\n"}}) == git_facts{});
}

SCENARIO("packed references are found, loose ones go first") {
  file_map files{{"/home/ada/demo/.git/HEAD", "ref: refs/heads/feature/x\n"},
                 {"/home/ada/demo/.git/packed-refs",
                  "# pack-refs with: peeled fully-peeled sorted\n" + std::string{other_commit} +
                    " refs/heads/feature/xy\n" + commit + " refs/heads/feature/x\n^" +
                    other_commit + "\n"}};
  CHECK((facts(files) == git_facts{commit, "feature/x", std::nullopt}));
  files["/home/ada/demo/.git/refs/heads/feature/x"] = other_commit;
  CHECK(facts(files)->commit_hash == other_commit);
}

SCENARIO("a worktree has its own head and shares the rest") {
  const file_map files{{"/home/ada/demo/.git", "gitdir: /home/ada/main/.git/worktrees/demo\n"},
                       {"/home/ada/main/.git/worktrees/demo/HEAD", "ref: refs/heads/side\n"},
                       {"/home/ada/main/.git/worktrees/demo/commondir", "../..\n"},
                       {"/home/ada/main/.git/refs/heads/side", commit},
                       {"/home/ada/main/.git/config", origin}};
  CHECK((facts(files) == git_facts{commit, "side", "https://example.org/demo.git"}));
}

SCENARIO("a submodule names its folder by a relative path") {
  const file_map files{{"/home/ada/demo/.git", "gitdir: ../.git/modules/demo\n"},
                       {"/home/ada/.git/modules/demo/HEAD", commit}};
  CHECK((facts(files) == git_facts{commit, std::nullopt, std::nullopt}));
}

SCENARIO("a bare repository is one, too") {
  const file_map files{{"/home/ada/demo/HEAD", "ref: refs/heads/main\n"},
                       {"/home/ada/demo/config", "[core]\n\tbare = true\n"},
                       {"/home/ada/demo/refs/heads/main", commit}};
  CHECK((facts(files) == git_facts{commit, "main", std::nullopt}));
}

SCENARIO("what only looks like a repository is none") {
  CHECK(!facts({{"/home/ada/demo/.git", "a file of somebody's"}}));
  CHECK(!facts({{"/home/ada/demo/.git/HEAD", "nonsense"}}));
  CHECK(!facts({{"/home/ada/demo/HEAD", "ref: refs/heads/main"}}));
  CHECK(!facts({{"/home/ada/demo/.git", "gitdir: /gone\n"}}));
  CHECK(!facts({}, ""));
  CHECK(!facts({}, "relative/path"));
}

SCENARIO("a reference that goes in circles or out of the folder ends") {
  CHECK(facts({{"/home/ada/demo/.git/HEAD", "ref: refs/heads/a\n"},
               {"/home/ada/demo/.git/refs/heads/a", "ref: refs/heads/a\n"}}) == git_facts{});
  CHECK(facts({{"/home/ada/demo/.git/HEAD", "ref: refs/../../../secret\n"},
               {"/home/ada/secret", commit}}) == git_facts{});
}

SCENARIO("the origin's address is read as git reads its configuration") {
  const auto url = [](std::string_view text) { return find_origin_url(text).value_or("(none)"); };
  CHECK_EQ(url(origin), "https://example.org/demo.git");
  CHECK_EQ(url("[remote \"other\"]\nurl = a\n[REMOTE \"origin\"]\n URL=b ; comment\n url = c"),
           "b");
  CHECK_EQ(url("[remote \"origin\"]\nurl = \"with # blank \" # comment\n"), "with # blank ");
  CHECK_EQ(url("[remote \"origin\"]\r\n\turl = a\\\\b\r\n"), "a\\b");
  CHECK_EQ(url("[remote \"origin\"]\npushurl = a\n"), "(none)");
  CHECK_EQ(url("[remote \"Origin\"]\nurl = a\n"), "(none)");
  CHECK_EQ(url("url = a\n[remote \"origin\"]\n[core]\nurl = b\n"), "(none)");
  CHECK_EQ(url(""), "(none)");
}

SCENARIO("a workspace has a root, a commit and all its remotes") {
  const file_map files{{"/home/ada/demo/.git/HEAD", std::string{commit} + "\n"},
                       {"/home/ada/demo/.git/config",
                        "[remote \"a\"]\nurl = https://u:p@h/a\n[remote \"b\"]\nurl = b\n"}};
  const auto found =
    read_git_workspace("/home/ada/demo/src", [&](const std::filesystem::path& file) {
      const auto it = files.find(file.lexically_normal().string());
      return it == files.end() ? std::nullopt : std::optional{it->second};
    });
  REQUIRE(found.has_value());
  CHECK_EQ(found->root.string(), "/home/ada/demo");
  CHECK_EQ(found->commit_hash.value_or(""), commit);
  CHECK((found->remote_urls == file_map{{"a", "https://h/a"}, {"b", "b"}}));
}
