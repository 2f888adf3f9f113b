#define CAF_SUITE layers

#include "tests/config/loading.hpp"

#include <caf/test/bdd_dsl.hpp>

using namespace troupe;
using namespace troupe::config;
using namespace troupe::config::test;

namespace {

struct fixture : config_fixture {
  std::string model() const { return loaded().model.value_or("none"); }
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("each layer beats the ones below it") {
  disk.make_folder("ws/.git");
  CHECK_EQ(model(), "none");
  system_file("model = 'system'");
  CHECK_EQ(model(), "system");
  user_file("model = 'user'");
  CHECK_EQ(model(), "user");
  trust(workspace);
  disk.write("ws/.codex/config.toml", "model = 'project'");
  CHECK_EQ(model(), "project");
  disk.write("ws/sub/.codex/config.toml", "model = 'nearest'");
  CHECK_EQ(model(), "project");
  request.cwd = workspace / "sub";
  CHECK_EQ(model(), "nearest");
  request.overrides = {"model=flag", "model=last"};
  CHECK_EQ(model(), "last");
  disk.write("etc/managed_config.toml", "model = 'managed'");
  CHECK_EQ(model(), "managed");
  request.typed.model = "typed";
  CHECK_EQ(model(), "typed");
}

SCENARIO("the layer of a project that is not trusted is ignored") {
  disk.make_folder("ws/.git");
  disk.write("ws/.codex/config.toml", "model = 'project'");
  CHECK_EQ(model(), "none");
  trust(workspace, "untrusted");
  CHECK_EQ(model(), "none");
}

SCENARIO(
  "a project can neither switch the verification of a provider off nor move one without it") {
  disk.make_folder("ws/.git");
  user_file("[model_providers.p]\nname = 'P'\nbase_url = 'https://user'\n");
  trust(workspace);
  disk.write("ws/.codex/config.toml", "[model_providers.p]\ntls_verification = 'off'\n");
  CHECK(error().find("2:20: a project cannot set `tls_verification`") != std::string::npos);
  disk.write("ws/.codex/config.toml", "[model_providers.p]\nbase_url = 'https://elsewhere'\n");
  CHECK_EQ(loaded().model_providers.at("p").base_url.value_or(""), "https://elsewhere");
  request.overrides = {"model_providers.p.tls_verification=off"};
  CHECK(error().find("2:12: a project cannot set the address of a provider") != std::string::npos);
  disk.write("ws/.codex/config.toml", "[model_providers.p]\ntls_verification = 'on'\n");
  CHECK_EQ(error(), "loaded");
}

SCENARIO("tables of several layers merge key by key") {
  user_file("[model_providers.p]\nname = 'P'\nbase_url = 'http://user'\n");
  request.overrides = {"model_providers.p.base_url=http://flag"};
  const auto p = loaded().model_providers.at("p");
  CHECK_EQ(p.name, "P");
  CHECK_EQ(p.base_url.value_or(""), "http://flag");
}

SCENARIO("a home inside of the project is not read a second time") {
  disk.make_folder("ws/.git");
  disk.write("ws/.codex/config.toml",
             "model = 'home'\n[projects.'" + workspace.string() + "']\ntrust_level = 'trusted'\n");
  request.home = workspace / ".codex";
  request.overrides = {};
  system_file("model = 'system'");
  CHECK_EQ(model(), "home");
}

SCENARIO("root markers come from the configuration; none means the cwd itself") {
  disk.write("ws/.hg/x", "");
  disk.write("ws/.codex/config.toml", "model = 'root'");
  request.cwd = disk.make_folder("ws/sub");
  user_file("project_root_markers = ['.hg']\n");
  trust(workspace);
  CHECK_EQ(model(), "root");
  user_file("project_root_markers = []\n");
  trust(workspace);
  CHECK_EQ(model(), "none");
}

SCENARIO("the defaults of approval and sandbox follow the trust of the cwd") {
  CHECK(loaded().trust == project_trust::unknown);
  CHECK(loaded().approval_policy == approval_policy::on_request);
  CHECK(loaded().sandbox_policy.mode == sandbox_mode::read_only);
  trust(workspace);
  CHECK(loaded().trust == project_trust::trusted);
  CHECK(loaded().approval_policy == approval_policy::on_request);
  CHECK(loaded().sandbox_policy.mode == sandbox_mode::workspace_write);
  user_file("");
  trust(workspace, "untrusted");
  CHECK(loaded().trust == project_trust::untrusted);
  CHECK(loaded().approval_policy == approval_policy::untrusted);
  CHECK(loaded().sandbox_policy.mode == sandbox_mode::workspace_write);
}

SCENARIO("explicit values win over the defaults of trust") {
  user_file("approval_policy = 'never'\nsandbox_mode = 'danger-full-access'\n");
  CHECK(loaded().approval_policy == approval_policy::never);
  CHECK(loaded().sandbox_policy.mode == sandbox_mode::danger_full_access);
}

SCENARIO("trust is that of the exact path or of the main repository, not of any parent") {
  disk.make_folder("ws/.git");
  request.cwd = disk.make_folder("ws/sub");
  trust(workspace);
  CHECK(loaded().trust == project_trust::trusted);
  user_file("");
  trust(disk.path());
  CHECK(loaded().trust == project_trust::unknown);
}

SCENARIO("a linked worktree shares the trust of its repository") {
  disk.make_folder("ws/.git/worktrees/w");
  disk.write("ws/.git/worktrees/w/commondir", "../..\n");
  request.cwd = disk.make_folder("linked");
  disk.write("linked/.git", "gitdir: " + (workspace / ".git/worktrees/w").string() + "\n");
  disk.write("linked/.codex/config.toml", "model = 'linked'");
  trust(workspace);
  CHECK(loaded().trust == project_trust::trusted);
  CHECK_EQ(model(), "linked");
}

SCENARIO("a profile's table beats the top level and -c, but not a typed override") {
  user_file(
    "model = 'top'\nreview_model = 'r'\n[profiles.p]\nmodel = 'profile'\nreview_model = 'no'\n"
    "[profiles.p.features]\nundo = true\n");
  CHECK_EQ(model(), "top");
  request.typed.profile = "p";
  CHECK_EQ(model(), "profile");
  CHECK_EQ(loaded().review_model.value_or(""), "r");
  CHECK(loaded().features.enabled(feature::undo));
  request.overrides = {"model=flag"};
  CHECK_EQ(model(), "profile");
  request.typed.model = "typed";
  CHECK_EQ(model(), "typed");
}

SCENARIO("the key `profile` selects as well, and the flag wins over it") {
  user_file("profile = 'a'\n[profiles.a]\nmodel = 'a'\n[profiles.b]\nmodel = 'b'\n");
  CHECK_EQ(model(), "a");
  request.typed.profile = "b";
  CHECK_EQ(model(), "b");
}

SCENARIO("a profile file stands above the user's file and below -c") {
  user_file("model = 'user'\nreview_model = 'user'\n");
  disk.write("home/work.config.toml", "model = 'file'\n");
  request.typed.profile = "work";
  CHECK_EQ(model(), "file");
  CHECK_EQ(loaded().review_model.value_or(""), "user");
  request.overrides = {"model=flag"};
  CHECK_EQ(model(), "flag");
}

SCENARIO("the table wins where a profile has both a table and a file") {
  user_file("[profiles.work]\nmodel = 'table'\n");
  disk.write("home/work.config.toml", "model = 'file'\n");
  request.typed.profile = "work";
  CHECK_EQ(model(), "table");
}

SCENARIO("an unknown profile is an error") {
  request.typed.profile = "nope";
  CHECK_EQ(error(), "Error: config profile `nope` not found");
  request.typed.profile = "../home/x";
  CHECK_EQ(error(), "Error: config profile `../home/x` not found");
}

SCENARIO("a profile's old tool keys mean what lies below `tools` elsewhere") {
  user_file("[tools]\nview_image = true\n[profiles.p]\ntools_view_image = false\ntools_web_search "
            "= true\n");
  request.typed.profile = "p";
  CHECK(!loaded().view_image_tool);
  CHECK(loaded().web_search == web_search_mode::live);
}

SCENARIO("an error in any file stops with its place") {
  user_file("model = 'x'\nmodel = 'y'\n");
  CHECK(
    error().starts_with("Error loading config.toml:\n" + (home / "config.toml").string() + ":2:"));
  user_file("");
  disk.write("home/p.config.toml", "model = [\n");
  request.typed.profile = "p";
  CHECK(
    error().starts_with("Error loading config.toml:\n" + (home / "p.config.toml").string() + ":"));
}

SCENARIO("a file that is too large or no file is an error and not a hang") {
  user_file(std::string(max_config_file_bytes + 1, '#'));
  CHECK(error().find("cannot be read") != std::string::npos);
  std::filesystem::remove(home / "config.toml");
  disk.make_folder("home/config.toml");
  CHECK(error().find("cannot be read") != std::string::npos);
}

SCENARIO("requirements bound what may be chosen, with a warning") {
  disk.write("etc/requirements.toml",
             "allowed_approval_policies = ['on-request']\nallowed_sandbox_modes = ['read-only']\n"
             "allowed_web_search_modes = []\n");
  user_file(
    "approval_policy = 'never'\nsandbox_mode = 'danger-full-access'\nweb_search = 'live'\n");
  const auto result = loaded();
  CHECK(result.approval_policy == approval_policy::on_request);
  CHECK(result.sandbox_policy.mode == sandbox_mode::read_only);
  CHECK(result.web_search == web_search_mode::disabled);
  CHECK_EQ(result.warnings.size(), 3U);
  CHECK_EQ(result.warnings.at(0),
           "`approval_policy` = `never` is not allowed here; `on-request` is used");
}

SCENARIO("requirements that allow no read-only sandbox are refused") {
  disk.write("etc/requirements.toml", "allowed_sandbox_modes = ['danger-full-access']\n");
  CHECK(error().find("`allowed_sandbox_modes` must hold `read-only`") != std::string::npos);
}

END_FIXTURE_SCOPE()
