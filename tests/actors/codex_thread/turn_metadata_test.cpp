#define CAF_SUITE turn_metadata
#include <caf/test/bdd_dsl.hpp>

#include "actors/codex_thread/turn_metadata.hpp"

#include <map>
#include <string>

using namespace troupe::codex_thread;

namespace {

constexpr auto* commit = "7d1f0c2e9b6a4e5f8c3d2b1a0f9e8d7c6b5a4f3e";

using file_map = std::map<std::string, std::string>;

std::string metadata(const file_map& files, const std::string& cwd = "/home/ada/demo") {
  return turn_metadata_json(
    cwd, [&](const std::filesystem::path& file) -> std::optional<std::string> {
      const auto found = files.find(file.lexically_normal().string());
      return found == files.end() ? std::nullopt : std::optional{found->second};
    });
}

file_map repository(const std::string& config) {
  return {{"/home/ada/demo/.git/HEAD", "ref: refs/heads/main\n"},
          {"/home/ada/demo/.git/refs/heads/main", std::string{commit} + "\n"},
          {"/home/ada/demo/.git/config", config}};
}

const std::string at_commit = std::string{R"("latest_git_commit_hash":")"} + commit + "\"";

} // namespace

SCENARIO("a working tree is described by its root, remotes and commit") {
  const auto files = repository("[remote \"up\"]\n\turl = https://example.org/up.git\n"
                                "\tfetch = +refs/heads/*:refs/remotes/up/*\n"
                                "[remote \"origin\"]\n\turl = git@example.org:demo.git\n");
  const auto expected =
    R"({"workspaces":{"/home/ada/demo":{"associated_remote_urls":)"
    R"({"origin":"git@example.org:demo.git","up":"https://example.org/up.git"},)" +
    at_commit + "}}}";
  CHECK_EQ(metadata(files), expected);
  CHECK_EQ(metadata(files, "/home/ada/demo/src/deep"), expected);
}

SCENARIO("outside a working tree there is no description") {
  CHECK_EQ(metadata({}), "");
  CHECK_EQ(metadata(repository(""), "/home/ada"), "");
  // A bare repository has no tree.
  CHECK_EQ(metadata({{"/home/ada/demo/HEAD", "ref: refs/heads/main\n"},
                     {"/home/ada/demo/config", "[core]\n"}}),
           "");
}

SCENARIO("parts that are missing are left out") {
  CHECK_EQ(metadata(repository("")), R"({"workspaces":{"/home/ada/demo":{)" + at_commit + "}}}");
  CHECK_EQ(metadata({{"/home/ada/demo/.git/HEAD", "ref: refs/heads/main\n"},
                     {"/home/ada/demo/.git/config", "[remote \"origin\"]\nurl = u\n"}}),
           R"({"workspaces":{"/home/ada/demo":{"associated_remote_urls":{"origin":"u"}}}})");
  CHECK_EQ(metadata({{"/home/ada/demo/.git/HEAD", "ref: refs/heads/main\n"}}), "");
}

SCENARIO("credentials in addresses are not told to providers") {
  const auto files =
    repository("[remote \"origin\"]\nurl = https://ada:secret@example.org/x.git\n");
  CHECK(metadata(files).find("https://example.org/x.git") != std::string::npos);
  CHECK(metadata(files).find("secret") == std::string::npos);
}

SCENARIO("paths beyond ASCII stay as they are") {
  const std::string root = "/home/ada/\xC3\xBC";
  CHECK_EQ(metadata({{root + "/.git/HEAD", std::string{commit} + "\n"}}, root),
           R"({"workspaces":{")" + root + "\":{" + at_commit + "}}}");
}

SCENARIO("a remote that is described twice keeps its first address") {
  const auto files =
    repository("[remote \"a\"]\nurl = one\nurl = two\n[remote \"a\"]\nurl = three\n"
               "[remote \"q\\\"uote\"]\nurl = four\n[branch \"main\"]\nurl = no\n");
  CHECK(metadata(files).find(R"({"a":"one","q\"uote":"four"})") != std::string::npos);
}
