#define CAF_SUITE sandbox_process
#include <caf/test/bdd_dsl.hpp>

#include "tests/actors/tool_runner/sandbox_process_fixture.hpp"

using namespace sandbox_process_fixture;

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("a read-only sandbox reads everything and writes nothing but the null device") {
  if (!usable())
    return;
  CHECK_EQ(in_sandbox(read_only, "cat /etc/passwd | head -c 4").output, "root");
  CHECK_EQ(in_sandbox(read_only, "pwd").output, workspace + "\n");
  CHECK_EQ(in_sandbox(read_only, "echo x > /dev/null").exit_code, 0);
  CHECK_EQ(in_sandbox(read_only, "head -c 8 /dev/urandom | wc -c").output, "8\n");
  for (const auto& path : {workspace + "/x", root + "/x", std::string{"/tmp/troupe-x"}}) {
    const auto result = in_sandbox(read_only, "echo x > " + path);
    CHECK(result.exit_code != 0);
    CHECK(is_sandbox_denial(result.exit_code, result.output));
    CHECK(!fs::exists(path));
  }
}

SCENARIO("a workspace sandbox writes its roots but not what is protected in them") {
  if (!usable())
    return;
  CHECK_EQ(in_sandbox(workspace_write, "echo x > a && cat a").output, "x\n");
  CHECK(fs::exists(workspace + "/a"));
  for (const auto* path : {".git/config", "../b", "/etc/troupe-x"})
    CHECK(in_sandbox(workspace_write, std::string{"echo x > "} + path).exit_code != 0);
  CHECK(in_sandbox(workspace_write, "rmdir .git").exit_code != 0);
}

SCENARIO("even root cannot undo the sandbox from inside") {
  if (!usable())
    return;
  CHECK(in_sandbox(workspace_write, "mount -o remount,rw,bind /").exit_code != 0);
  CHECK(in_sandbox(workspace_write, "mount -o remount,rw,bind " + workspace + "/.git").exit_code !=
        0);
  CHECK(in_sandbox(workspace_write, "umount " + workspace + "/.git").exit_code != 0);
}

SCENARIO("without network there are no sockets but Unix ones") {
  if (!usable())
    return;
  const std::string python = "import os,socket\n"
                             "for family, kind in ((socket.AF_INET, socket.SOCK_STREAM), "
                             "(socket.AF_INET6, socket.SOCK_DGRAM)):\n"
                             "  try:\n    socket.socket(family, kind); print('made')\n"
                             "  except PermissionError: print('denied')\n"
                             "a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)\n"
                             "os.write(a.fileno(), b'x'); print(os.read(b.fileno(), 1).decode())\n";
  if (!fs::exists("/usr/bin/python3"))
    return;
  CHECK_EQ(in_sandbox(read_only, "/usr/bin/python3 -c \"" + python + "\"").output,
           "denied\ndenied\nx\n");
  auto open = workspace_write;
  open.network_access = true;
  CHECK(in_sandbox(open, "/usr/bin/python3 -c \"" + python + "\"").output.starts_with("made\n"));
}

SCENARIO("processes outside are not visible and all inside end with the first") {
  if (!usable())
    return;
  if (abilities.own_proc)
    CHECK_EQ(in_sandbox(read_only, "test -d /proc/" + std::to_string(::getpid()) + "/fd").exit_code,
             1);
  const auto result = in_sandbox(workspace_write, "(setsid sleep 600 >/dev/null 2>&1 &) ; echo $$");
  CHECK_EQ(result.exit_code, 0);
}

SCENARIO("of /proc and /sys nothing can be written, not by root either") {
  if (!usable())
    return;
  const std::string find = "for f in $(find /proc/sys /sys -type f 2>/dev/null); do "
                           "(exec 3>>$f) 2>/dev/null && echo $f; done";
  CHECK_EQ(in_sandbox(workspace_write, find).output, "");
  for (const auto* path : {"/proc/sysrq-trigger", "/proc/self/oom_score_adj"})
    CHECK(in_sandbox(workspace_write, std::string{"echo 1 >> "} + path).exit_code != 0);
  abilities.own_proc = false;
  CHECK_EQ(in_sandbox(workspace_write, "ls -A /proc").output, "");
}

SCENARIO("a root that was replaced is refused, one that only changed is not") {
  if (!usable())
    return;
  fs::create_directories(root + "/victim");
  known = shared_value{identify_roots(workspace_write, workspace, "")};
  CHECK_EQ(in_sandbox(workspace_write, "echo x > a").exit_code, 0);
  CHECK_EQ(in_sandbox(workspace_write, "echo y > b").exit_code, 0);
  fs::rename(workspace, root + "/moved");
  const auto refused = "Sandbox refuses writable root " + workspace;
  fs::create_directory_symlink(root + "/victim", workspace);
  CHECK(in_sandbox(workspace_write, "echo x > c").output.starts_with(refused));
  fs::remove(workspace);
  fs::create_directory(workspace);
  CHECK(in_sandbox(workspace_write, "echo x > c").output.starts_with(refused));
  fs::remove(workspace);
  fs::rename(root + "/moved", workspace);
  CHECK_EQ(in_sandbox(workspace_write, "echo x > c").exit_code, 0);
  CHECK(fs::is_empty(root + "/victim"));
}

SCENARIO("missing settings and repositories cannot be made, and leave nothing behind") {
  if (!usable())
    return;
  fs::remove_all(workspace + "/.git");
  for (const auto* name : {".git", ".codex", ".agents"}) {
    const std::string path{name};
    CHECK(in_sandbox(workspace_write, "mkdir " + path).exit_code != 0);
    CHECK(in_sandbox(workspace_write, "rmdir " + path + "; echo x > " + path + "/x").exit_code !=
          0);
    CHECK(in_sandbox(workspace_write, "mkdir x; mv -T x " + path).exit_code != 0);
    CHECK(!fs::exists(workspace + "/" + path));
  }
  fs::create_symlink("not-there", workspace + "/.codex");
  CHECK(in_sandbox(workspace_write, "true").output.find("symbolic link") != std::string::npos);
}

SCENARIO("a link in place of settings protects what it leads to, and is put back") {
  if (!usable())
    return;
  fs::create_directories(workspace + "/store");
  fs::create_directories(root + "/outside");
  fs::create_directory_symlink("store", workspace + "/.codex");
  fs::create_directory_symlink(root + "/outside", workspace + "/.agents");
  for (const auto* path : {".codex/x", "store/x", ".agents/x", "../outside/x"})
    CHECK(in_sandbox(workspace_write, std::string{"echo x > "} + path).exit_code != 0);
  CHECK(in_sandbox(workspace_write, "mv store away").exit_code != 0);
  for (const auto* replace :
       {"mkdir .codex && echo x > .codex/config.toml", "ln -s /tmp .codex", "true"})
    CHECK_EQ(in_sandbox(workspace_write, std::string{"rm .codex; "} + replace).exit_code, 0);
  CHECK_EQ(fs::read_symlink(workspace + "/.codex").string(), "store");
  CHECK(fs::exists(workspace + "/.codex.moved-1/config.toml"));
  CHECK_EQ(in_sandbox(workspace_write, "rm .agents; mkdir .agents; chmod 0555 .").exit_code, 0);
  CHECK_EQ(fs::read_symlink(workspace + "/.agents").string(), root + "/outside");
}

SCENARIO("what a link first said counts") {
  known_links uut;
  CHECK(uut.agrees({"/w/.git", "a"}));
  CHECK(uut.agrees({"/w/.codex", "b"}));
  CHECK(uut.agrees({"/w/.git", "a"}));
  CHECK(!uut.agrees({"/w/.git", "b"}));
  CHECK(!uut.agrees({"/w/.git", "b"}));
}

SCENARIO("a link that is none any more is missed in the roots that it was in") {
  known_links uut;
  uut.agrees({"/w/.git", "a"});
  sandbox_plan plan{.roots = {{"/v", "/v"}, {"/w", "/w"}}, .mounts = {}};
  CHECK_EQ(uut.lost(plan).value_or(""), "/w/.git");
  plan.links = {{"/w/.git", "b"}};
  CHECK(!uut.lost(plan));
  CHECK(!uut.lost({.roots = {{"/v", "/v"}}, .mounts = {}}));
}

SCENARIO("placeholders are made and removed in the folder itself, wherever its name leads") {
  fs::create_directories(root + "/victim/.codex");
  const owned_descriptor folder{::open(workspace.c_str(), O_PATH | O_CLOEXEC)};
  fs::rename(workspace, root + "/moved");
  fs::create_directory_symlink(root + "/victim", workspace);
  {
    held_placeholders uut;
    const auto held = uut.hold(folder.number(), workspace + "/.agents");
    const auto* outcome = std::get_if<held_placeholders::outcome>(&held);
    CHECK(outcome != nullptr && *outcome == held_placeholders::outcome::held);
    CHECK(fs::is_directory(root + "/moved/.agents"));
    CHECK(!fs::exists(root + "/victim/.agents"));
    fs::create_directory_symlink(root + "/victim", root + "/moved/.codex");
    CHECK(std::holds_alternative<std::string>(uut.hold(folder.number(), workspace + "/.codex")));
  }
  CHECK(!fs::exists(root + "/moved/.agents"));
}

SCENARIO("the home is never writable and shows no login") {
  if (!usable())
    return;
  setup.home = workspace + "/home";
  fs::create_directories(setup.home + "/sessions");
  std::ofstream{setup.home + "/auth.json"} << "secret";
  std::ofstream{setup.home + "/config.toml"} << "settings";
  CHECK_EQ(in_sandbox(workspace_write, "cd home; ls -A; cat config.toml").output,
           "config.toml\nsessions\nsettings");
  for (const auto* path : {"home/x", "home/config.toml", "home/sessions/x", "home/auth.json"})
    CHECK(in_sandbox(workspace_write, std::string{"echo x > "} + path).exit_code != 0);
}

SCENARIO("what is hidden cannot be read, be it missing, a link, a file or a folder") {
  if (!usable())
    return;
  fs::create_directory(root + "/keys");
  std::ofstream{root + "/keys/id"} << "secret";
  std::ofstream{workspace + "/token"} << "secret";
  fs::create_directory_symlink(root + "/keys", root + "/link");
  setup.hidden = {root + "/link", workspace + "/token", root + "/missing"};
  for (const auto* path : {"../keys/id", "../link/id", "token"})
    CHECK(in_sandbox(workspace_write, std::string{"cat "} + path).output.find("secret") ==
          std::string::npos);
  CHECK(in_sandbox(workspace_write, "mv token x").exit_code != 0);
}

SCENARIO("what is covered and has been moved with a folder above it is seen nowhere else") {
  if (!usable())
    return;
  const auto top = workspace + "/state";
  setup.home = top + "/home";
  setup.hidden = {top + "/keys", top + "/token"};
  for (const auto& folder : {setup.home, top + "/keys"})
    fs::create_directories(folder);
  for (const auto* file : {"/home/auth.json", "/keys/id", "/token"})
    std::ofstream{top + file} << "secret";
  note_covers(setup);
  const auto is_refused = [&] {
    return in_sandbox(workspace_write, "true").output.starts_with("Sandbox refuses to run any");
  };
  CHECK(in_sandbox(workspace_write, "mv state s2").exit_code != 0);
  fs::rename(top, workspace + "/s2"); // somebody else's command can
  CHECK(is_refused());
  fs::create_directories(setup.home);
  CHECK(is_refused());
  setup.home.clear(); // what is hidden counts for itself
  CHECK(is_refused());
  fs::create_directories(top + "/keys");
  CHECK(is_refused());
  fs::remove_all(top);
  fs::rename(workspace + "/s2", top);
  CHECK_EQ(in_sandbox(workspace_write, "true").exit_code, 0);
  std::ofstream{top + "/new"} << "secret";
  fs::rename(top + "/new", top + "/token"); // renewed by its owner
  CHECK_EQ(in_sandbox(workspace_write, "cat state/token state/keys/id").output.find("secret"),
           std::string::npos);
}

SCENARIO("what is hidden and appears later is kept from being moved from then on") {
  if (!usable())
    return;
  setup.hidden = {workspace + "/state/keys"};
  note_covers(setup);
  CHECK_EQ(
    in_sandbox(workspace_write, "mkdir -p state/keys; echo secret > state/keys/id").exit_code, 0);
  CHECK(in_sandbox(workspace_write, "cat state/keys/id; mv state s2").output.find("secret") ==
        std::string::npos);
  CHECK(in_sandbox(workspace_write, "true").exit_code == 0);
  fs::rename(workspace + "/state", workspace + "/s2");
  CHECK(in_sandbox(workspace_write, "true").output.starts_with("Sandbox refuses to run any"));
}

SCENARIO("a private /tmp keeps what it holds and hides the machine's") {
  if (!usable())
    return;
  own_tmp = root + "/tmp";
  fs::create_directory(own_tmp);
  auto policy = workspace_write;
  CHECK_EQ(in_sandbox(policy, "ls -A /tmp").output, "");
  policy.exclude_slash_tmp = false;
  setup.tmpdir.clear();
  std::ofstream{own_tmp + "/a"} << "x";
  CHECK_EQ(in_sandbox(policy, "cat /tmp/a").output, "x");
}

SCENARIO("mount points in a private /tmp are made through no link") {
  own_tmp = root + "/tmp";
  const auto victim = root + "/victim";
  for (const auto& folder : {own_tmp, victim, root + "/shown"})
    fs::create_directory(folder);
  std::ofstream{root + "/program"} << "x";
  fs::create_directory_symlink(victim, own_tmp + "/a");
  fs::create_symlink(victim + "/made", own_tmp + "/p");
  sandbox_plan plan;
  plan.mounts = {{"/tmp", mount_kind::writable, own_tmp},
                 {"/tmp/a/b", mount_kind::read_only, root + "/shown"},
                 {"/tmp/a/b/c", mount_kind::sealed_folder, {}}, // lies on what is shown
                 {"/tmp/p", mount_kind::read_only, root + "/program"}};
  for (int i = 0; i < 2; ++i)
    CHECK(!make_mount_points(plan, own_tmp));
  CHECK(fs::is_empty(victim));
  CHECK(fs::is_directory(fs::symlink_status(own_tmp + "/a")));
  CHECK(fs::is_empty(own_tmp + "/a/b"));
  CHECK(fs::is_regular_file(fs::symlink_status(own_tmp + "/p")));
  CHECK(fs::is_symlink(own_tmp + "/a.moved-1"));
}

SCENARIO("the mounts to check are those on files that can be written, in the folders they are in") {
  fs::create_directories(workspace + "/deep/repo/.git");
  const auto expected = [&] {
    return look_at(setup, {.policy = workspace_write,
                           .cwd = workspace,
                           .known = known,
                           .memory = memory,
                           .recent = {},
                           .own_tmp = {}})
      .expected;
  };
  struct stat repository {};
  REQUIRE_EQ(::stat((workspace + "/deep/repo").c_str(), &repository), 0);
  const auto found = expected();
  const auto is_in = [&](const std::string& path) {
    return std::ranges::find(found, path, &expected_mount::path) != found.end();
  };
  CHECK(is_in(workspace + "/.git"));
  CHECK(!is_in(workspace));
  const expected_mount git{workspace + "/deep/repo/.git", repository.st_dev, repository.st_ino};
  CHECK(std::ranges::find(found, git) != found.end());
}

SCENARIO("the filter can be loaded by many children") {
  const auto program = seccomp_program::make(network_access::none);
  REQUIRE(std::holds_alternative<seccomp_program>(program));
  for (int i = 0; i < 3; ++i) {
    const auto fd = std::get<seccomp_program>(program).open_for_reading();
    REQUIRE(std::holds_alternative<owned_descriptor>(fd));
    char block[4096];
    CHECK(::read(std::get<owned_descriptor>(fd).number(), block, sizeof block) > 64);
  }
}

END_FIXTURE_SCOPE()
