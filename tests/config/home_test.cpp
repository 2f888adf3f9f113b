#define CAF_SUITE home

#include "config/home.hpp"

#include "tests/config/loading.hpp"

#include <caf/test/bdd_dsl.hpp>

using namespace troupe::config;
using namespace troupe::config::test;

namespace {

std::string found(const environment& env) {
  const auto result = find_home(env);
  const auto* error = std::get_if<config_error>(&result);
  return error ? to_string(*error) : std::get<std::filesystem::path>(result).string();
}

} // namespace

SCENARIO("CODEX_HOME names an existing directory and becomes canonical") {
  troupe::test::temp_folder disk;
  disk.make_folder("real");
  std::filesystem::create_directory_symlink(disk.path() / "real", disk.path() / "link");
  CHECK_EQ(found(environment_of({{"CODEX_HOME", (disk.path() / "link").string()}})),
           (disk.path() / "real").string());
}

SCENARIO("a CODEX_HOME that cannot be used is an error that names it") {
  troupe::test::temp_folder disk;
  const auto missing = (disk.path() / "nowhere").string();
  CHECK_EQ(found(environment_of({{"CODEX_HOME", missing}})),
           "Error finding codex home: CODEX_HOME points to \"" + missing +
             "\", but that path does not exist");
  const auto file = disk.write("file", "x").string();
  CHECK_EQ(found(environment_of({{"CODEX_HOME", file}})),
           "Error finding codex home: CODEX_HOME points to \"" + file +
             "\", but that path is not a directory");
}

SCENARIO("without CODEX_HOME the home is below HOME and need not exist") {
  CHECK_EQ(found(environment_of({{"HOME", "/nowhere/me"}})), "/nowhere/me/.codex");
  CHECK_EQ(found(environment_of({{"HOME", "/nowhere/me"}, {"CODEX_HOME", ""}})),
           "/nowhere/me/.codex");
  CHECK(found(environment_of({})).starts_with("Error finding codex home: "));
}

SCENARIO("a relative HOME counts from the working folder") {
  const auto here = std::filesystem::current_path();
  CHECK_EQ(found(environment_of({{"HOME", "."}})), (here / ".codex").string());
  CHECK_EQ(found(environment_of({{"HOME", "./me/"}})), (here / "me/.codex").string());
  CHECK_EQ(found(environment_of({{"HOME", ".."}})), (here.parent_path() / ".codex").string());
  CHECK_EQ(user_home(environment_of({{"HOME", "me"}})).string(), (here / "me").string());
  CHECK(user_home(environment_of({})).empty());
}

SCENARIO("a home is created for its owner only, and an existing one keeps its mode") {
  troupe::test::temp_folder disk;
  const auto home = disk.path() / "a" / ".codex";
  CHECK(!create_home(home));
  using std::filesystem::perms;
  CHECK(std::filesystem::status(home).permissions() == perms::owner_all);
  std::filesystem::permissions(home, perms::owner_all | perms::group_read);
  CHECK(!create_home(home));
  CHECK(std::filesystem::status(home).permissions() == (perms::owner_all | perms::group_read));
}

SCENARIO("the names below the home are those of an existing Codex home") {
  const std::filesystem::path home = "/h";
  CHECK_EQ(config_file(home).string(), "/h/config.toml");
  CHECK_EQ(auth_file(home).string(), "/h/auth.json");
  CHECK_EQ(sessions_folder(home).string(), "/h/sessions");
  CHECK_EQ(archived_sessions_folder(home).string(), "/h/archived_sessions");
  CHECK_EQ(session_index_file(home).string(), "/h/session_index.jsonl");
  CHECK_EQ(history_file(home).string(), "/h/history.jsonl");
  CHECK_EQ(models_cache_file(home).string(), "/h/models_cache.json");
  CHECK_EQ(profile_file(home, "work").string(), "/h/work.config.toml");
}

SCENARIO("a profile name cannot lead out of the home") {
  CHECK(profile_file("/h", "../etc/x").empty());
  CHECK(profile_file("/h", "a\\b").empty());
  CHECK(profile_file("/h", "").empty());
}
