#define CAF_SUITE tool_runner_sandbox
#include <caf/test/bdd_dsl.hpp>

#include "tests/actors/tool_runner/tool_runner_sandbox_fixture.hpp"

using namespace tool_runner_fixture;

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

END_FIXTURE_SCOPE()
