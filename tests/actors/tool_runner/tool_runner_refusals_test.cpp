#define CAF_SUITE tool_runner_refusals
#include <caf/test/bdd_dsl.hpp>

#include "tests/actors/tool_runner/tool_runner_sandbox_fixture.hpp"

using namespace tool_runner_fixture;

BEGIN_FIXTURE_SCOPE(sandbox_fixture)

SCENARIO("without bubblewrap nothing runs") {
  auto deps = default_dependencies();
  deps.environment = config::variables{{"PATH", "/usr/bin:/bin"}, {"TROUPE_BWRAP", "/nowhere"}};
  start(std::move(deps));
  for (const auto mode : {sandbox_mode::read_only, sandbox_mode::workspace_write}) {
    use(mode);
    const auto shell = run("shell", R"({"command":["/bin/sh","-c","echo x > made"]})", "c1");
    CHECK(shell.output.starts_with("execution error: the sandbox needs bubblewrap"));
    const auto exec = run("exec_command", R"({"login":false,"cmd":"echo x > made"})", "c2");
    CHECK(exec.output.starts_with(
      "exec_command failed: CreateProcess { message: \"the sandbox needs bubblewrap"));
    CHECK(!shell.success);
    CHECK(!exec.success);
    CHECK_EQ(read("made"), "(missing)");
  }
}

SCENARIO("a start tells what is missing for a sandbox, before any call and once") {
  for (const auto* complaint : {"bwrap: Failed to make / slave: Invalid argument",
                                "bwrap: No permissions to create new namespace"}) {
    const auto probed = std::make_shared<std::promise<std::string>>();
    auto deps = with_bubblewrap(fmt::format("echo '{}' >&2; exit 1", complaint));
    deps.expected = sandbox_policy{.mode = sandbox_mode::read_only, .writable_roots = {}};
    deps.on_probed = [probed](const std::string& x) { probed->set_value(x); };
    const auto runner = tool_runner::spawn(sys, std::move(deps));
    const auto told = probed->get_future().get(); // a second call would throw
    CHECK(told.find(complaint) != std::string::npos);
    CHECK(told.find("danger-full-access") != std::string::npos);
    caf::anon_send_exit(runner, caf::exit_reason::user_shutdown);
    self->wait_for(runner);
  }
}

SCENARIO("a start with a sandbox that works tells so, one without a restriction tries nothing") {
  const auto probed = std::make_shared<std::promise<std::string>>();
  auto deps = with_bubblewrap("touch " + root + "/tried; " + std::string{run_bubblewrap});
  deps.on_probed = [probed](const std::string& x) { probed->set_value(x); };
  auto free = deps;
  free.expected = sandbox_policy{.mode = sandbox_mode::danger_full_access, .writable_roots = {}};
  start(std::move(free));
  use(sandbox_mode::danger_full_access);
  CHECK(run("shell", R"({"command":["true"]})").success);
  CHECK(!std::filesystem::exists(root + "/tried"));
  use(sandbox_mode::workspace_write);
  if (!usable())
    return;
  std::filesystem::remove(root + "/tried");
  deps.expected = sandbox_policy{.mode = sandbox_mode::workspace_write, .writable_roots = {}};
  const auto runner = tool_runner::spawn(sys, std::move(deps));
  CHECK_EQ(probed->get_future().get(), "");
  CHECK(std::filesystem::exists(root + "/tried"));
  caf::anon_send_exit(runner, caf::exit_reason::user_shutdown);
  self->wait_for(runner);
}

SCENARIO("a bubblewrap that an agent may have put there never runs, not even to be tried") {
  const auto probed = std::make_shared<std::promise<std::string>>();
  auto deps = with_bubblewrap("touch " + root + "/tried; " + std::string{run_without_sandbox});
  std::filesystem::rename(root + "/bin/bwrap", root + "/ws/bwrap");
  std::filesystem::create_symlink(root + "/ws/bwrap", root + "/bin/bwrap");
  deps.expected = sandbox_policy{.mode = sandbox_mode::read_only, .writable_roots = {root + "/ws"}};
  deps.on_probed = [probed](const std::string& x) { probed->set_value(x); };
  start(std::move(deps));
  CHECK(probed->get_future().get().find("lies where an agent may write") != std::string::npos);
  for (const auto mode : {sandbox_mode::read_only, sandbox_mode::workspace_write}) {
    use(mode);
    const auto refused = script("echo x > made");
    CHECK(!refused.success);
    CHECK(refused.output.find("lies where an agent may write") != std::string::npos);
  }
  CHECK(!std::filesystem::exists(root + "/tried"));
  CHECK_EQ(read("made"), "(missing)");
}

SCENARIO("bubblewrap is not looked for in PATH") {
  auto deps = with_bubblewrap("touch " + root + "/tried; " + std::string{run_without_sandbox});
  deps.environment = config::variables{{"PATH", root + "/bin:/usr/bin:/bin"}};
  start(std::move(deps));
  script("true");
  CHECK(!std::filesystem::exists(root + "/tried"));
}

SCENARIO("each call that is refused for want of a sandbox is told with its thread") {
  const auto refused = std::make_shared<std::vector<thread_id>>();
  auto deps = with_bubblewrap("echo 'bwrap: No permissions to create new namespace' >&2; exit 1");
  // On the I/O thread, and before the answers that are waited for here.
  deps.on_refused = [refused](const thread_id& x, const std::string&) { refused->push_back(x); };
  start(std::move(deps));
  use(sandbox_mode::workspace_write);
  CHECK(!run("shell", R"({"command":["true"]})", "c1").success);
  CHECK(!run("exec_command", R"({"login":false,"cmd":"true"})", "c2").success);
  CHECK(!run("apply_patch", R"({"input":"*** Begin Patch\n*** Add File: made\n+x\n*** End Patch"})",
             "c3")
           .success);
  CHECK_EQ(read("made"), "(missing)");
  // Who named that root is the user, and no command runs before it is made.
  context.sandbox_policy.writable_roots = {"/no/such/root"};
  CHECK(!script("true", "c4").success);
  CHECK(*refused == std::vector<thread_id>(4, thread));
}

SCENARIO("a bubblewrap that fails before its command has refused it, whatever commands say") {
  std::vector<std::string> refused;
  auto deps = with_bubblewrap(R"(case " $* " in *' --info-fd '*)
  [ -e broken ] && exec /usr/bin/bwrap --ro-bind /no/such /tmp "$@" ;; esac
exec /usr/bin/bwrap "$@")");
  deps.on_refused = [&](const thread_id&, const std::string& why) { refused.push_back(why); };
  start(std::move(deps));
  if (!usable())
    return;
  CHECK_EQ(output_of(script("echo bwrap: I say; exit 1", "c1")), "bwrap: I say\n");
  const auto unknown = run("shell", R"({"command":["no-such-program"]})", "c2");
  CHECK(unknown.output.find("execvp no-such-program") != std::string::npos);
  CHECK_EQ(refused.size(), 0u);
  write("broken", "");
  const auto broken = script("echo never", "c3");
  CHECK(!broken.success);
  CHECK(
    broken.output.starts_with("execution error: the sandbox cannot be set up: bwrap: Can't find "
                              "source path /no/such: No such file or directory. It was moved"));
  REQUIRE_EQ(refused.size(), 1u);
  CHECK(refused[0].find("/no/such") != std::string::npos);
}

/// For `dependencies::post`: a disk that does not answer until it is let go.
struct hanging_disk {
  std::mutex mutex;
  bool hangs = true;
  std::vector<std::function<void()>> waiting;

  bool takes(std::function<void()>& run) {
    const std::lock_guard lock{mutex};
    if (hangs)
      waiting.push_back(std::move(run));
    return hangs;
  }

  void answer() {
    std::unique_lock lock{mutex};
    hangs = false;
    const auto late = std::exchange(waiting, {});
    lock.unlock();
    for (const auto& run : late)
      run();
  }
};

SCENARIO("folders that do not answer hold up a command for so long") {
  const auto disk = std::make_shared<hanging_disk>();
  std::vector<std::string> refused;
  auto deps = default_dependencies();
  deps.post = [disk](std::function<void()> run) { disk->takes(run); };
  deps.on_refused = [&](const thread_id&, const std::string& why) { refused.push_back(why); };
  deps.preparation_limit = std::chrono::milliseconds{20};
  start(std::move(deps));
  const auto silent = script("true", "c1");
  CHECK(!silent.success);
  CHECK(silent.output.starts_with("execution error: the sandbox cannot be set up: no answer for "
                                  "0.02 s from a folder that it mounts"));
  REQUIRE_EQ(refused.size(), 1u);
  CHECK(refused[0].find("no answer") != std::string::npos);
  disk->answer(); // too late
}

SCENARIO("a command that is cancelled while folders do not answer never runs") {
  const auto disk = std::make_shared<hanging_disk>();
  auto deps = default_dependencies();
  deps.post = [this, disk](std::function<void()> run) {
    if (!disk->takes(run))
      files.post(std::move(run));
  };
  start(std::move(deps));
  auto first = send(a_call("shell_command", R"({"login":false,"command":"echo x > made"})", "c1"));
  auto second = send(a_call("exec_command", R"({"login":false,"cmd":"echo x > made"})", "c2"));
  wait_for_events<exec_command_begin>(1);
  cancel();
  for (auto* answer : {&first, &second})
    answer->receive(
      [](tool_result& x) { CHECK_NE(x.output.find("aborted by user"), x.output.npos); },
      [](const caf::error& x) { CAF_FAIL(x); });
  disk->answer();
  for (const auto* id : {"c3", "c4"})
    if (!script("true", id).success) // behind what was held, through the same trial
      return;
  CHECK_EQ(read("made"), "(missing)");
}

SCENARIO("a link that cannot be kept refuses commands and patches for the same reason, counted") {
  const auto refused = std::make_shared<std::vector<thread_id>>();
  auto deps = default_dependencies();
  deps.on_refused = [refused](const thread_id& x, const std::string&) { refused->push_back(x); };
  start(std::move(deps));
  std::filesystem::create_directories(path("sub/store"));
  std::filesystem::create_directory_symlink("sub/store", path(".codex"));
  const auto reason = "execution error: Sandbox refuses writable root " + context.cwd + ": " +
                      path(".codex") + " is a symbolic link, and commands could change where";
  CHECK(script("echo x > made", "c1").output.starts_with(reason));
  const auto patch = run(
    "apply_patch", R"({"input":"*** Begin Patch\n*** Add File: made\n+x\n*** End Patch"})", "c2");
  CHECK(!patch.success);
  CHECK(patch.output.starts_with(reason));
  CHECK_EQ(read("made"), "(missing)");
  CHECK(*refused == std::vector<thread_id>(2, thread));
}

SCENARIO("a trial that somebody ends says so and accuses nobody") {
  start(with_bubblewrap("kill -9 $$"));
  const auto ended = script("true", "c1");
  CHECK(ended.output.find("a trial of bwrap was ended by signal 9") != std::string::npos);
  CHECK(ended.output.find("Repair") == std::string::npos);
}

SCENARIO("with a bubblewrap that does not work nothing runs, until it works again") {
  auto deps = with_bubblewrap("echo 'bwrap: setting up uid map: Permission denied' >&2; exit 1");
  start(std::move(deps));
  const auto broken = script("echo x > made", "c1");
  CHECK(
    broken.output.starts_with("execution error: the sandbox cannot be set up: bwrap: setting up "
                              "uid map: Permission denied. "));
  CHECK_EQ(read("made"), "(missing)");
  with_bubblewrap(run_bubblewrap);
  if (!usable()) // the next call tries again
    return;
  CHECK(script("echo x > made", "c2").success);
  CHECK_EQ(read("made"), "x\n");
}

SCENARIO("a program that succeeds without a sandbox is taken for none, and runs nothing") {
  const auto home = root + "/home";
  std::filesystem::create_directory(home);
  const struct {
    std::string_view does;
    std::string_view told;
  } cases[] = {{"exit 0", "ended without running anything"},
               {R"(echo "$@")", "ended without running anything"},
               {run_without_sandbox, "ran a command without a sandbox"}};
  for (const auto& x : cases) {
    auto deps = with_bubblewrap(std::string{x.does});
    deps.sandbox.home = home;
    start(std::move(deps));
    const auto refused = script("echo x > made");
    CHECK(!refused.success);
    CHECK(refused.output.find(x.told) != std::string::npos);
    CHECK(refused.output.find("unset it to use the system's") != std::string::npos);
    CHECK_EQ(read("made"), "(missing)");
    CHECK(std::filesystem::is_empty(home)); // what the trial could write is gone
    caf::anon_send_exit(tools, caf::exit_reason::user_shutdown);
    self->wait_for(tools);
    tools = nullptr;
  }
}

SCENARIO("a TROUPE_BWRAP that is no program is told with its name and what is wrong with it") {
  std::ofstream{root + "/text"} << "no program";
  const std::pair<std::string, std::string_view> cases[] = {{"bwrap", "is no absolute path"},
                                                            {root + "/none", "does not exist"},
                                                            {root, "is no file"},
                                                            {root + "/text", "is not executable"}};
  for (const auto& [named, told] : cases) {
    const auto found = tool_runner::find_bubblewrap(named, {});
    const auto* problem = std::get_if<tool_runner::sandbox_problem>(&found);
    REQUIRE(problem != nullptr);
    CHECK_EQ(problem->message,
             fmt::format("the sandbox needs bubblewrap, but what TROUPE_BWRAP names {}. Let "
                         "TROUPE_BWRAP (now \"{}\") be the absolute path of bwrap, or unset it to "
                         "use the system's, or run without a sandbox by choosing "
                         "danger-full-access.",
                         told, named));
  }
}

SCENARIO("a writable root that does not exist is named") {
  context.sandbox_policy.writable_roots = {"/no/such/root"};
  CHECK_EQ(script("true").output,
           "execution error: Sandbox expected writable root /no/such/root, but it does not exist.");
}

END_FIXTURE_SCOPE()
