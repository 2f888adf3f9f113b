#define CAF_SUITE tool_runner_sandbox
#include <caf/test/bdd_dsl.hpp>

#include "actors/tool_runner/bubblewrap_place.hpp"
#include "actors/tool_runner/owned_descriptor.hpp"
#include "actors/tool_runner/sandbox_placeholders.hpp"
#include "tests/actors/tool_runner/tool_runner_fixture.hpp"
#include "tests/support/skipped.hpp"

#include <fmt/format.h>

#include <functional>
#include <future>
#include <latch>
#include <memory>
#include <mutex>
#include <source_location>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

using namespace tool_runner_fixture;

// Where bubblewrap does not work (a container without user namespaces), the sandboxed scenarios are
// skipped and say so; those about a missing sandbox work everywhere.

namespace {

struct sandbox_fixture : fixture {
  sandbox_fixture() { context.sandbox_policy.mode = sandbox_mode::workspace_write; }

  bool usable(std::source_location where = std::source_location::current()) {
    const auto trial = script("true", "trial");
    if (!trial.success)
      test::skipped(trial.output, where);
    return trial.success;
  }

  /// What a start needs to find a bubblewrap that does this. Again: replaces it.
  tool_runner::dependencies with_bubblewrap(const std::string& shell_text) {
    std::filesystem::create_directory(root + "/bin");
    const auto fake = root + "/bin/bwrap";
    std::ofstream{fake} << "#!/bin/sh\n" << shell_text << '\n';
    std::filesystem::permissions(fake, std::filesystem::perms::owner_all);
    auto result = default_dependencies();
    result.environment = config::variables{{"PATH", "/usr/bin:/bin"}, {"TROUPE_BWRAP", fake}};
    return result;
  }

  /// For `with_bubblewrap`: what follows "--" runs.
  static constexpr auto run_without_sandbox =
    R"(while [ "$1" != -- ]; do shift; done; shift; exec "$@")";

  /// Likewise: as the system's own does.
  static constexpr auto run_bubblewrap = R"(exec /usr/bin/bwrap "$@")";

  tool_result script(const std::string& text, std::string id = "c1") {
    return run("shell_command", R"({"login":false,"command":")" + text + "\"}", std::move(id));
  }

  /// For `with_bubblewrap`: notes in `root`/checks each time that covers are to be checked.
  std::string note_checks() const {
    return "case \" $* \" in *' --block-fd '*) echo x >>" + root + "/checks ;; esac; " +
           run_bubblewrap;
  }

  void use(sandbox_mode mode) { context.sandbox_policy.mode = mode; }
};

} // namespace

BEGIN_FIXTURE_SCOPE(sandbox_fixture)

SCENARIO("a read-only sandbox keeps commands from writing") {
  if (!usable())
    return;
  use(sandbox_mode::read_only);
  CHECK(script("cat /etc/passwd > /dev/null", "c1").success);
  const auto denied = script("echo x > made", "c2");
  CHECK(!denied.success);
  CHECK(denied.output.find("Read-only file system") != std::string::npos);
  CHECK_EQ(read("made"), "(missing)");
}

SCENARIO("an agent that may only read writes nothing, whatever its policy allows") {
  if (!usable())
    return;
  use(sandbox_mode::danger_full_access);
  context.access = tool_access::read_only;
  CHECK(script("cat /etc/passwd > /dev/null", "c1").success);
  CHECK(!script("echo x > made", "c2").success);
  const auto patch = run(
    "apply_patch", R"({"input":"*** Begin Patch\n*** Add File: made\n+x\n*** End Patch"})", "c3");
  CHECK(!patch.success);
  CHECK_EQ(read("made"), "(missing)");
}

SCENARIO("a workspace sandbox lets commands write in the workspace") {
  if (!usable())
    return;
  CHECK(script("echo x > made", "c1").success);
  CHECK_EQ(read("made"), "x\n");
  CHECK(!script("echo x > ../outside", "c2").success);
  CHECK(!std::filesystem::exists(root + "/outside"));
}

SCENARIO("repository and agent settings are protected") {
  if (!usable())
    return;
  for (const auto* name : {".git", ".codex", ".agents"}) {
    std::filesystem::create_directory(path(name));
    CHECK(!script("echo x > " + std::string{name} + "/y", std::string{"c"} + name).success);
    CHECK(!std::filesystem::exists(path(std::string{name} + "/y")));
  }
}

SCENARIO("the network is off unless the policy says otherwise") {
  if (!usable())
    return;
  // Nobody listens on port 1: with a network the connection is refused.
  const std::string connect = "exec 3<>/dev/tcp/127.0.0.1/1";
  const auto off = run("shell", R"({"command":["bash","-c",")" + connect + "\"]}", "c1");
  CHECK(off.output.find("Operation not permitted") != std::string::npos);
  CHECK_EQ(output_of(script("echo $CODEX_SANDBOX_NETWORK_DISABLED", "c2")), "1\n");
  context.sandbox_policy.network_access = true;
  const auto on = run("shell", R"({"command":["bash","-c",")" + connect + "\"]}", "c3");
  CHECK(on.output.find("Connection refused") != std::string::npos);
  CHECK_EQ(output_of(script("echo $CODEX_SANDBOX_NETWORK_DISABLED", "c4")), "\n");
}

SCENARIO(
  "a shell that is not a login shell reads nothing first, also below a program without one") {
  auto deps = default_dependencies();
  deps.environment = config::variables{{"PATH", "/usr/bin:/bin"}, {"HOME", context.cwd}};
  write(".bashrc", "echo read\n");
  start(std::move(deps));
  if (!usable())
    return;
  CHECK_EQ(output_of(run("shell_command", R"({"login":false,"command":"echo [$SHLVL]"})")),
           "[1]\n");
}

SCENARIO("a time limit ends everything inside the sandbox") {
  if (!usable())
    return;
  const auto [told, answer] = run_into_limit("(echo up; exec setsid sleep 600) > held & wait");
  CHECK_EQ(told, "up\n");
  CHECK(answer.output.starts_with("Exit code: 124\n"));
}

SCENARIO("an exec_command that is denied early is a failure without events") {
  auto deps = default_dependencies();
  deps.early_exit_window = std::chrono::minutes{5};
  start(std::move(deps));
  if (!usable())
    return;
  use(sandbox_mode::read_only);
  const auto before = events().size();
  const auto result = run("exec_command", R"({"login":false,"cmd":"touch made"})", "c2");
  CHECK(!result.success);
  CHECK(result.output.starts_with("exec_command failed: SandboxDenied { message: \""));
  CHECK(result.output.find("Read-only file system") != std::string::npos);
  CHECK_EQ(events().size(), before);
}

SCENARIO("an exec_command that is denied later is a failure with events") {
  auto deps = default_dependencies();
  deps.early_exit_window = std::chrono::milliseconds{0};
  start(std::move(deps));
  if (!usable())
    return;
  const auto pipe = make_pipe("go");
  use(sandbox_mode::read_only);
  auto answer = send(a_call("exec_command", R"({"login":false,"cmd":"cat go; touch made"})", "c2"));
  while (events_of_type<exec_command_begin>().size() < 2) { // the trial's and this one
  }
  std::ofstream{pipe} << "x";
  answer.receive(
    [](tool_result& x) {
      CHECK(x.output.starts_with("exec_command failed: SandboxDenied { message: \""));
    },
    [](const caf::error& x) { CAF_FAIL(x); });
  CHECK_EQ(events_of_type<exec_command_end>().size(), 2u);
}

SCENARIO("patches are applied inside the sandbox") {
  if (!usable())
    return;
  const auto result =
    run(a_call("apply_patch", "*** Begin Patch\n*** Add File: sub/new\n+x\n*** End Patch", "p1",
               tool_payload::custom));
  CHECK(result.success);
  CHECK_EQ(read("sub/new"), "x\n");
  GIVEN("a policy that applies without asking but sandboxed") {
    context.approval_policy = approval_policy::on_failure;
    const auto outside =
      run(a_call("apply_patch", "*** Begin Patch\n*** Add File: ../outside\n+x\n*** End Patch",
                 "p2", tool_payload::custom));
    CHECK(!outside.success);
    CHECK(outside.output.find("Failed to write file ../outside") != std::string::npos);
    CHECK(!std::filesystem::exists(root + "/outside"));
  }
}

SCENARIO("many commands share one trial and one filter") {
  if (!usable())
    return;
  constexpr int count = 20;
  std::vector<decltype(send(a_call("", "")))> answers;
  for (int i = 0; i < count; ++i)
    answers.push_back(
      send(a_call("shell", R"({"command":["sh","-c","echo )" + std::to_string(i) + R"("]})",
                  "m" + std::to_string(i))));
  for (int i = count - 1; i >= 0; --i)
    answers[static_cast<std::size_t>(i)].receive(
      [&](tool_result& x) {
        CHECK(x.success);
        CHECK(x.output.starts_with(R"({"output":")" + std::to_string(i) + "\\n\""));
      },
      [](const caf::error& x) { CAF_FAIL(x); });
}

SCENARIO("of two commands that start together both have their covers checked, one alone not") {
  if (!usable())
    return;
  // Nothing that may block goes on before both commands have asked for it.
  struct gate {
    std::mutex mutex;
    std::vector<std::function<void()>> waiting;
    std::size_t wanted = 1;
  };
  const auto shut = std::make_shared<gate>();
  auto deps = with_bubblewrap(note_checks());
  deps.post = [this, shut](std::function<void()> run) {
    const std::lock_guard lock{shut->mutex};
    shut->waiting.push_back(std::move(run));
    if (shut->waiting.size() < shut->wanted)
      return;
    shut->wanted = 1;
    for (auto& x : std::exchange(shut->waiting, {}))
      files.post(std::move(x));
  };
  start(std::move(deps));
  CHECK(run("shell", R"({"command":["true"]})", "c1").success);
  CHECK(!std::filesystem::exists(root + "/checks"));
  while (std::filesystem::exists(path(".git"))) // what it leaves behind goes through the gate, too
    std::this_thread::yield();
  shut->wanted = 2;
  // No one's end comes before the other's start.
  const auto begun = ::open(make_pipe("begun").c_str(), O_RDWR | O_CLOEXEC);
  const std::vector<std::string> ends{make_pipe("c2"), make_pipe("c3")};
  const auto start_one = [&](const std::string& id) {
    return send(
      a_call("shell", R"({"command":["sh","-c","printf x > begun; cat )" + id + "\"]}", id));
  };
  auto first = start_one("c2");
  auto second = start_one("c3");
  char byte = 0;
  for (int i = 0; i < 2; ++i)
    CHECK_EQ(::read(begun, &byte, 1), 1);
  ::close(begun);
  for (const auto& end : ends)
    std::ofstream{end} << "x";
  for (auto* answer : {&first, &second})
    answer->receive([](tool_result& x) { CHECK(x.success); },
                    [](const caf::error& x) { CAF_FAIL(x); });
  std::ifstream checks{root + "/checks"};
  std::ostringstream text;
  text << checks.rdbuf();
  CHECK_EQ(text.str(), "x\nx\n");
}

SCENARIO("what must stay missing does so until nothing of a command lives any more") {
  // One that does not end what its command leaves behind.
  start(with_bubblewrap(R"(for x; do shift; [ "$x" = --die-with-parent ] || set -- "$@" "$x"; done
exec /usr/bin/bwrap "$@")"));
  if (!usable())
    return;
  // Open for both, so that opening it never waits.
  const tool_runner::owned_descriptor end{::open(make_pipe("end").c_str(), O_RDWR | O_CLOEXEC)};
  CHECK(script("(exec 3<>end; touch up; read x <&3) >/dev/null 2>&1 & until [ -e up ]; do :; done",
               "c1")
          .success);
  // What was posted before is done when both threads do this.
  std::latch both{2};
  for (int i = 0; i < 2; ++i)
    files.post([&] { both.arrive_and_wait(); });
  both.wait();
  CHECK(std::filesystem::exists(path(".git")));
  CHECK_EQ(::write(end.number(), "x\n", 2), 2);
  while (std::filesystem::exists(path(".git")))
    std::this_thread::yield();
}

SCENARIO("placeholders of other commands, in folders below, may go while a command starts") {
  const auto nested = path("nested");
  auto text = std::string{"rmdir"};
  for (const auto* name : {"/.git ", "/.codex ", "/.agents "})
    text += " " + nested + name;
  start(with_bubblewrap(text + "2>/dev/null; " + run_bubblewrap));
  use(sandbox_mode::read_only); // which looks for no repositories
  if (!usable())
    return;
  use(sandbox_mode::workspace_write);
  std::filesystem::create_directory(nested);
  const tool_runner::owned_descriptor folder{::open(nested.c_str(), O_PATH | O_CLOEXEC)};
  tool_runner::held_placeholders others;
  for (const auto* name : {"/.git", "/.codex", "/.agents"})
    others.hold(folder.number(), nested + name);
  CHECK(!std::filesystem::is_empty(nested));
  CHECK(script("true", "c2").success);
  CHECK(std::filesystem::is_empty(nested));
}

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

SCENARIO("folders that do not answer hold up a command for so long") {
  struct pool {
    std::mutex mutex;
    std::vector<std::function<void()>> waiting;
  };
  const auto hanging = std::make_shared<pool>();
  std::vector<std::string> refused;
  auto deps = default_dependencies();
  deps.post = [hanging](std::function<void()> run) {
    const std::lock_guard lock{hanging->mutex};
    hanging->waiting.push_back(std::move(run));
  };
  deps.on_refused = [&](const thread_id&, const std::string& why) { refused.push_back(why); };
  deps.preparation_limit = std::chrono::milliseconds{20};
  start(std::move(deps));
  const auto silent = script("echo never > made", "c1");
  CHECK(!silent.success);
  CHECK(silent.output.starts_with("execution error: the sandbox cannot be set up: no answer for "
                                  "0.02 s from a folder that it mounts"));
  REQUIRE_EQ(refused.size(), 1u);
  for (auto& run : std::exchange(hanging->waiting, {}))
    run(); // too late
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
